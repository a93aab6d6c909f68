import { Ajv, type ValidateFunction } from 'ajv'
import eventSchema from '../../../schemas/event.schema.json' with { type: 'json' }
import metadataSchema from '../../../schemas/metadata.schema.json' with { type: 'json' }
import reportSchema from '../../../schemas/report.schema.json' with { type: 'json' }
import type { RunEvent } from '../../model/run/events.js'
import type { Report } from '../report.js'

/**
 * Parses JSON that polyarch has printed. Other programs may have changed it, so it is validated by the published
 * schemas, which are generated from the types.
 */
const ajv = new Ajv({ strict: false, validateSchema: false })
const compiled = new Map<object, ValidateFunction>()

function isValid(schema: object, value: unknown): boolean {
  const validate = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, validate)
  return validate(value)
}

/** A valid time of a `Date`, in milliseconds. */
const MAX_TIME = 8.64e15

/** Checks one line of `--progress json`. An event is unknown if its kind, or that of the work in it, is. */
export function checkEvent(value: unknown): RunEvent | 'unknown' | 'malformed' {
  if (!isRecord(value) || typeof value['kind'] !== 'string') return 'malformed'
  if (typeof value['at'] !== 'number' || Math.abs(value['at']) > MAX_TIME) return 'malformed'
  if (isValid(eventSchema, value)) return value as unknown as RunEvent
  const work = value['kind'] === 'work' && isRecord(value['event']) ? value['event']['kind'] : undefined
  const kinds = [value['kind'], work].filter((kind) => kind !== undefined)
  return kinds.every((kind) => typeof kind === 'string' && KNOWN_KINDS.has(kind)) ? 'malformed' : 'unknown'
}

/** Whether a value is a report, as `--json` prints it. */
export function isReport(value: unknown): value is Report {
  return isValid(reportSchema, value)
}

/** Whether a value has the form of a metadata file. */
export function isMetadata(value: unknown): boolean {
  return isValid(metadataSchema, value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const KNOWN_KINDS: ReadonlySet<string> = new Set(kindsIn(eventSchema.definitions))

function kindsIn(schema: unknown): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap(kindsIn)
  if (!isRecord(schema)) return []
  const kind = isRecord(schema['properties']) ? schema['properties']['kind'] : undefined
  const own = isRecord(kind) && typeof kind['const'] === 'string' ? [kind['const']] : []
  return [...own, ...Object.values(schema).flatMap(kindsIn)]
}
