import type { BuildSource } from '../../../builder/buildkit/build-sources.js'
import { type Digest, isDigest } from '../../../model/digest.js'
import { parseJson } from '../../../model/json.js'
import { type Annotations, canonicalJson } from '../../../model/oci.js'
import type { ResolvedImageName } from './pinned-image.js'

/** Annotation of a kept image with what its build resolved, as BuildKit reported it. */
export const SOURCES_ANNOTATION = 'io.polyarch.sources'

/** Inputs of a build that its key does not contain. A later run reuses the result only if all of them are unchanged. */
export interface SourceRecord {
  /** By whole name, with the tag. */
  readonly images: Readonly<Record<string, ResolvedImageName>>
  /** Content whose change no registry shows: addresses without user, password and query, and images of the builder's own. */
  readonly unverifiable: readonly string[]
  /** Files of the context that the build read, beyond those found in the Dockerfile. */
  readonly context?: {
    /** `all`, or the paths that BuildKit requested. */
    readonly paths: readonly string[] | 'all'
    readonly digest: Digest
  }
  /**
   * Digest of the args that the Dockerfile does not declare; absent if no image has triggers (`ONBUILD`), which could
   * use them.
   */
  readonly unusedArgs?: Digest
}

/** Values that complete BuildKit's report. */
export interface SourceRecordInput {
  readonly sources: readonly BuildSource[]
  /** Names whose digests the key holds: of the base, and of images of other pipelines of the run. */
  readonly namesInKey: ReadonlySet<string>
  /** The content that the Dockerfile itself pins, by a checksum or a commit. */
  readonly pinnedRemotes: ReadonlySet<string>
  /** The digests that count for a name: those of the index, and of the platform's own image. */
  readonly resolve: (name: string, digest: Digest) => Promise<ResolvedImageName>
  readonly context: SourceRecord['context']
}

/** Makes the record of a build. */
export async function makeSourceRecord(input: SourceRecordInput): Promise<SourceRecord> {
  const images: Record<string, ResolvedImageName> = {}
  const unverifiable: string[] = []
  for (const source of input.sources) {
    if (source.kind === 'remote') {
      if (!input.pinnedRemotes.has(source.url) && !COMMIT.test(source.url)) unverifiable.push(publicAddress(source.url))
    } else if (!input.namesInKey.has(source.name)) {
      if (source.digest === undefined) unverifiable.push(source.name)
      else images[source.name] = await input.resolve(source.name, source.digest)
    }
  }
  return { images, unverifiable, ...(input.context && { context: input.context }) }
}

/** A git address that ends in a whole commit, before the directory. */
const COMMIT = /#[0-9a-f]{40}(?::.*)?$/

/** An address without what may be secret in it. */
function publicAddress(address: string): string {
  if (!URL.canParse(address)) return address.replace(/\?.*$/s, '')
  const { protocol, host, pathname } = new URL(address)
  return `${protocol}//${host}${pathname}`
}

/** A record as the text of its annotation. */
export function encodeSources(record: SourceRecord): string {
  return Buffer.from(canonicalJson(record)).toString()
}

/** The record in a manifest's annotations; undefined if there is none that can be read. */
export function readSources(annotations: Annotations | undefined): SourceRecord | undefined {
  const text = annotations?.[SOURCES_ANNOTATION]
  if (text === undefined) return undefined
  try {
    const value: unknown = parseJson(text)
    return isSourceRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Anybody may have written it. */
function isSourceRecord(value: unknown): value is SourceRecord {
  if (!isRecord(value)) return false
  const { images, unverifiable, context, unusedArgs } = value
  return (
    isRecord(images) &&
    Object.values(images).every(isResolved) &&
    isTexts(unverifiable) &&
    (unusedArgs === undefined || isDigestText(unusedArgs)) &&
    (context === undefined || (isRecord(context) && isDigestText(context['digest']) && isPaths(context['paths'])))
  )
}

function isResolved(value: unknown): boolean {
  return isRecord(value) && isDigestText(value['index']) && isDigestText(value['image'])
}

function isPaths(value: unknown): boolean {
  return value === 'all' || isTexts(value)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function isDigestText(value: unknown): boolean {
  return typeof value === 'string' && isDigest(value)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
