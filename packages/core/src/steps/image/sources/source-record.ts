import type { BuildSource } from '../../../builder/buildkit/build-sources.js'
import { type Digest, isDigest } from '../../../model/digest.js'
import { parseJson } from '../../../model/json.js'
import { type Annotations, canonicalJson } from '../../../model/oci.js'
import type { ResolvedImageName } from './pinned-image.js'

/** Annotation of a published image with the sources that its build resolved, as reported by BuildKit. */
export const SOURCES_ANNOTATION = 'io.polyarch.sources'

/** Inputs of a build that its key does not contain. A later run reuses the result only if all of them are unchanged. */
export interface SourceRecord {
  /** By full name, with the tag. */
  readonly images: Readonly<Record<string, ResolvedImageName>>
  /**
   * Content whose change cannot be detected: addresses, without user, password and query, and local images of the
   * builder.
   */
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
  /** Names whose digests are part of the key: the base, and images of other pipelines. */
  readonly namesInKey: ReadonlySet<string>
  /** Content that the Dockerfile pins by a checksum or a commit. */
  readonly pinnedRemotes: ReadonlySet<string>
  /** Resolves a name to the digests of the index and of the platform's image. */
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

/** A git address with a full commit, before the directory. */
const COMMIT = /#[0-9a-f]{40}(?::.*)?$/

/** An address without parts that may be secret. */
function publicAddress(address: string): string {
  if (!URL.canParse(address)) return address.replace(/\?.*$/s, '')
  const { protocol, host, pathname } = new URL(address)
  return `${protocol}//${host}${pathname}`
}

/** Encodes a record for its annotation. */
export function encodeSources(record: SourceRecord): string {
  return Buffer.from(canonicalJson(record)).toString()
}

/** Parses the record in a manifest's annotations; undefined if there is no valid one. */
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

/** Untrusted: anyone with push access can write it. */
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
