import { suggest } from '../../definition/issues.js'
import { codeOrFlag, DefinitionError } from '../../model/errors.js'
import { isMetadata, isReport } from '../../report/record/printed-json.js'
import type { Report } from '../../report/report.js'
import type { BuildMetadata } from '../runs/metadata-file.js'

/** A published result: its digest and names. */
export interface Recorded {
  /** `host/path@sha256:…` */
  readonly image: string
  readonly names: readonly string[]
  /** Names of its pipelines; in a report, all pipelines with this digest. */
  readonly pipelines: readonly string[]
  /** Whether it is the index of a pipeline, rather than one of its parts. */
  readonly isIndex: boolean
}

/**
 * Selects the records of some pipelines; all of them if none is named. @throws DefinitionError USAGE if a pipeline is
 * not in the record
 */
export function ofPipelines(recorded: readonly Recorded[], names: readonly string[] = []): readonly Recorded[] {
  if (names.length === 0) return recorded
  const known = [...new Set(recorded.flatMap(({ pipelines }) => pipelines))]
  const issues = names
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: '--pipeline',
      message: `pipeline '${name}' is not in the file`,
      hint: suggest(name, known),
    }))
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
  return recorded.filter(({ pipelines }) => pipelines.some((one) => names.includes(one)))
}

/** Reads the published digests from a report or a metadata file. @throws DefinitionError USAGE if it is neither */
export function readRecorded(record: unknown): readonly Recorded[] {
  if (isReport(record)) return requireSome(ofReport(record))
  if (isMetadata(record)) return requireSome(ofMetadata(record as BuildMetadata))
  throw unusable('it is neither a report nor a metadata file')
}

function requireSome(recorded: readonly Recorded[]): readonly Recorded[] {
  if (recorded.length > 0) return recorded
  throw unusable('it contains no published image')
}

function unusable(message: string): DefinitionError {
  const hint = `use a report, or a file of ${codeOrFlag('metadataFile', '--metadata-file')}, of a run that published`
  return new DefinitionError([{ path: 'promote(from)', message, hint }], 'USAGE')
}

function ofReport({ nodes, tags }: Report): readonly Recorded[] {
  const names = tags.map(({ reference, to }) => ({
    image: `${reference.slice(0, reference.lastIndexOf(':'))}@${to}`,
    names: [reference],
    pipelines: [...new Set(nodes.flatMap(({ digest, pipeline }) => (digest === to ? [pipeline] : [])))],
    isIndex: false,
  }))
  const indexes = nodes.flatMap(({ kind, reference, pipeline }) =>
    kind === 'index' && reference !== undefined
      ? [{ image: reference, names: [], pipelines: [pipeline], isIndex: true }]
      : [],
  )
  return [...names, ...indexes]
}

function ofMetadata(metadata: BuildMetadata): readonly Recorded[] {
  return Object.entries(metadata ?? {}).flatMap(([name, pipeline]) => {
    if (typeof pipeline?.repository !== 'string') return []
    const base = pipeline.sharedBase === undefined ? [] : [pipeline.sharedBase]
    const parts = [...base, ...Object.values(pipeline.platforms ?? {})].map((one) => ({ ...one, isIndex: false }))
    // After a run of some platforms alone there is no index.
    return [...parts, { ...pipeline, isIndex: true }].flatMap((one) => {
      const digest = one['containerimage.digest']
      if (digest === undefined) return []
      const names = one['image.name']?.split(',') ?? []
      return [{ image: `${one.repository}@${digest}`, names, pipelines: [name], isIndex: one.isIndex }]
    })
  })
}
