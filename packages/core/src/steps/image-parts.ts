import { createHash } from 'node:crypto'
import type { BuildDefinition } from '../definition/build-settings.js'
import { type Digest, digestOf, isDigest } from '../model/digest.js'
import { parseJson } from '../model/json.js'
import { type Annotations, canonicalJson } from '../model/oci.js'
import { KEY_SCHEMA } from './key.js'

/** Annotation of a kept image that tells what its key was made of, part by part. */
export const PARTS_ANNOTATION = 'io.polyarch.parts'

/** Hex digits of the hashes that stand for values: enough to see that one differs, and the value is not told. */
const SHORT = 12

/** What an image's key is made of, part by part; values are told by short hashes alone. */
export interface ImageParts {
  readonly base: Digest
  readonly context: Digest
  readonly dockerfile: Digest
  readonly args: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, string>>
}

/** What the parts are made from. */
export interface ImageInputs {
  readonly base: Digest
  readonly context: Digest
  /** The text. */
  readonly dockerfile: string
  /** Those settings of the build that decide its result. */
  readonly build: Pick<BuildDefinition, 'args' | 'labels'> & Readonly<Record<string, unknown>>
}

/** Tells inputs part by part. Pure: equal inputs give equal parts. */
export function imageParts({ base, context, dockerfile, build }: ImageInputs): ImageParts {
  const { args, labels, ...settings } = build
  return {
    base,
    context,
    dockerfile: digestOf(Buffer.from(dockerfile)),
    args: hashValues(args),
    labels: hashValues(labels),
    settings: hashValues({ ...settings, schema: KEY_SCHEMA }),
  }
}

/** A short hash of anything with a JSON form. */
export function shortHash(value: unknown, digits = SHORT): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, digits)
}

function hashValues(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, shortHash([name, value])]))
}

/** Parts as the text of their annotation. */
export function encodeParts(parts: ImageParts): string {
  return Buffer.from(canonicalJson(parts)).toString()
}

/** The parts that a manifest's annotations tell; undefined where they tell none. */
export function readParts(annotations: Annotations | undefined): ImageParts | undefined {
  const text = annotations?.[PARTS_ANNOTATION]
  if (text === undefined) return undefined
  try {
    const value: unknown = parseJson(text)
    return isParts(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Anybody may have written it. */
function isParts(value: unknown): value is ImageParts {
  if (!isRecord(value)) return false
  const digests = [value['base'], value['context'], value['dockerfile']]
  const maps = [value['args'], value['labels'], value['settings']]
  return (
    digests.every((one) => typeof one === 'string' && isDigest(one)) &&
    maps.every((one) => isRecord(one) && Object.values(one).every((item) => typeof item === 'string'))
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
