import type { ContextDockerfile, ContextListing } from '../../../context/context-file.js'
import { InFlight } from '../../../model/async/in-flight.js'
import { type Digest, digestOf } from '../../../model/digest.js'
import { parseJson } from '../../../model/json.js'
import { LIMITS } from '../../../model/limits.js'
import { canonicalJson, isIndex } from '../../../model/oci.js'
import { formatReference, type Reference, type Repository } from '../../../model/reference.js'
import { readBytes } from '../../../registry/blobs/small-blob.js'
import { putArtifact } from '../../../registry/manifests/artifact.js'
import type { Registry, RegistryCall } from '../../../registry/port.js'
import { CREATED_ANNOTATION, createdDate } from '../../created-date.js'
import type { InputHash } from '../../input-hash.js'
import { contextReference } from '../../key.js'
import { checkEntries, checkLines, type EntryCheck } from './context-checks.js'

/** Media type of a {@link ContextRecord}. Records of version 2 had hashes that confirm guesses of names and contents. */
const RECORD_TYPE = 'application/vnd.polyarch.context.v3+json'

/** Check values of a context and its Dockerfile, with which a later plan explains what differs. */
export interface ContextRecord {
  /** One for each line of the Dockerfile. */
  readonly dockerfile: readonly string[]
  /** One for each file, directory and link, in the order of the context. */
  readonly entries: readonly EntryCheck[]
}

/** Context from which a record is made, or with which one is compared. */
export interface RecordedContext {
  readonly context: { readonly dockerfile: Pick<ContextDockerfile, 'text' | 'name'> }
  readonly listing: Pick<ContextListing, 'entries'>
  readonly hash: InputHash
}

/** Returns the reference of a context's record; equal contexts have one record per repository. */
export function recordReference(repository: Repository, context: Digest, dockerfile: Digest): Reference {
  return contextReference(repository, digestOf(canonicalJson([context, dockerfile])))
}

/** Age up to which a record is not written again: the platforms of one run share it. */
const REWRITTEN_AFTER_MS = 10 * 60_000

/** The records of a run's contexts. The platforms of an image share one, which is read and written for all of them. */
export class ContextRecords {
  readonly #reads = new InFlight<ContextRecord | undefined>()
  readonly #writes = new InFlight<void>()

  /** The record of a previous context; undefined if there is none that can be read. */
  read(registry: Registry, reference: Reference, call: RegistryCall): Promise<ContextRecord | undefined> {
    const reading = () => readContextRecord(registry, reference, call)
    return this.#reads.share(formatReference(reference), call.signal, reading)
  }

  /** Records a context, with the time, in the repository of the image that is built from it. The date protects the image from `prune`. */
  write(registry: Registry, reference: Reference, make: () => ContextRecord, call: RegistryCall): Promise<void> {
    const writing = () => writeContextRecord(registry, reference, make, call)
    return this.#writes.share(formatReference(reference), call.signal, writing)
  }
}

async function writeContextRecord(
  registry: Registry,
  reference: Reference,
  make: () => ContextRecord,
  call: RegistryCall,
): Promise<void> {
  const now = Date.now()
  const found = await registry.getManifest(reference, { ...call, fresh: true })
  const date = found && createdDate(found.content.annotations)
  if (date !== undefined && now - date < REWRITTEN_AFTER_MS) return
  const record = make()
  // A record without files is only a date.
  const isTooLarge = record.entries.length > LIMITS.recordedFiles
  const layers = isTooLarge ? [] : [{ bytes: canonicalJson(record), mediaType: RECORD_TYPE }]
  const annotations = { [CREATED_ANNOTATION]: new Date(now).toISOString() }
  await putArtifact(reference, { artifactType: RECORD_TYPE, layers, annotations }, registry, call)
}

async function readContextRecord(
  registry: Registry,
  reference: Reference,
  call: RegistryCall,
): Promise<ContextRecord | undefined> {
  const manifest = await registry.getManifest(reference, call)
  if (manifest === undefined || isIndex(manifest.content)) return undefined
  const [layer] = manifest.content.layers
  if (layer === undefined || layer.mediaType !== RECORD_TYPE || layer.size > LIMITS.contextRecord) return undefined
  return parseContextRecord(await readBytes(reference, { ...layer, limit: LIMITS.contextRecord }, registry, call))
}

/** Parses a record; undefined if it has another version. */
export function parseContextRecord(bytes: Buffer): ContextRecord | undefined {
  try {
    const value: unknown = parseJson(bytes.toString())
    return isContextRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Untrusted: anyone with push access can write it. */
function isContextRecord(value: unknown): value is ContextRecord {
  if (typeof value !== 'object' || value === null) return false
  const { dockerfile, entries } = value as Partial<Record<keyof ContextRecord, unknown>>
  const isText = (one: unknown) => typeof one === 'string'
  return Array.isArray(dockerfile) && dockerfile.every(isText) && Array.isArray(entries) && entries.every(isEntryCheck)
}

function isEntryCheck(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { name, content, mode } = value as Partial<Record<keyof EntryCheck, unknown>>
  return [name, content, mode].every((one) => typeof one === 'string')
}

/** The record of a context and its Dockerfile. */
export function recordOf({ context, listing, hash }: RecordedContext): ContextRecord {
  return { dockerfile: checkLines(context.dockerfile.text, hash), entries: checkEntries(listing.entries, hash) }
}
