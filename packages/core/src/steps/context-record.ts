import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ContextDockerfile, ContextEntry, ContextListing } from '../context/context-file.js'
import { type Digest, digestOf } from '../model/digest.js'
import { parseJson } from '../model/json.js'
import { LIMITS } from '../model/limits.js'
import { canonicalJson, encodeManifest, isIndex, MEDIA_TYPES } from '../model/oci.js'
import type { ChangedPath } from '../model/plan-reason.js'
import type { Reference, Repository } from '../model/reference.js'
import { allOrNone } from '../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { shortHash } from './image-parts.js'
import { contextReference } from './key.js'

/** Media type of a {@link ContextRecord}. */
const RECORD_TYPE = 'application/vnd.polyarch.context.v2+json'
/** Hex digits of a path's hash, and of a content's. Neither names nor contents of a private context are told. */
const DIGITS = 10
/** How many paths a reason names. */
const TOLD_PATHS = 5

/** Of what a context and its Dockerfile were made, by short hashes, so that a later plan can say what differs. */
export interface ContextRecord {
  /** Of each line of the Dockerfile. */
  readonly dockerfile: readonly string[]
  /** Hash of content and kind, and the mode as an octal number, by the hash of the path; of directories the mode alone. */
  readonly files: Readonly<Record<string, RecordedFile>>
}

type RecordedFile = readonly [content: string, mode: string]

/** What the record of a context is made of, or compared with. */
export interface RecordedContext {
  readonly context: { readonly dockerfile: Pick<ContextDockerfile, 'text' | 'name'> }
  readonly listing: Pick<ContextListing, 'entries'>
}

/** What of a context differs from a record of a former one. */
export interface ContextDifference {
  readonly paths: readonly ChangedPath[]
  readonly changed: number
  readonly removed: number
  /** First line of the Dockerfile that differs, from 1. */
  readonly line?: number
}

/** Where the record of a context and its Dockerfile is: equal ones are recorded once per repository. */
export function recordReference(repository: Repository, context: Digest, dockerfile: Digest): Reference {
  return contextReference(repository, digestOf(canonicalJson([context, dockerfile])))
}

/** Records a context in the repository of the image that was built from it, unless it is there. */
export async function writeContextRecord(
  registry: Registry,
  reference: Reference,
  record: ContextRecord,
  call: RegistryCall,
): Promise<void> {
  if (Object.keys(record.files).length > LIMITS.recordedFiles) return
  if ((await registry.resolve(reference, call)) !== undefined) return
  const bytes = canonicalJson(record)
  const [config, layer] = [descriptorOf(Buffer.from('{}'), MEDIA_TYPES.ociEmpty), descriptorOf(bytes, RECORD_TYPE)]
  const blobs = [
    { descriptor: config, open: () => Readable.from([Buffer.from('{}')]) },
    { descriptor: layer, open: () => Readable.from([bytes]) },
  ]
  await allOrNone(blobs, call, (blob, own) => registry.writeBlob(reference, blob, own))
  const content = { schemaVersion: 2 as const, artifactType: RECORD_TYPE, config, layers: [layer] }
  await registry.putManifest(reference, encodeManifest(content, MEDIA_TYPES.ociManifest), call)
}

function descriptorOf(bytes: Uint8Array, mediaType: string) {
  return { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
}

/** The record of a former context; undefined where there is none that can be read. */
export async function readContextRecord(
  registry: Registry,
  reference: Reference,
  call: RegistryCall,
): Promise<ContextRecord | undefined> {
  const manifest = await registry.getManifest(reference, call)
  if (manifest === undefined || isIndex(manifest.content)) return undefined
  const [layer] = manifest.content.layers
  if (layer === undefined || layer.mediaType !== RECORD_TYPE || layer.size > LIMITS.contextRecord) return undefined
  return parseRecord(await buffer(await registry.readBlob(reference, layer, call)))
}

function parseRecord(bytes: Buffer): ContextRecord | undefined {
  try {
    const { dockerfile, files } = parseJson(bytes.toString()) as Partial<ContextRecord>
    return Array.isArray(dockerfile) && typeof files === 'object' && files !== null ? { dockerfile, files } : undefined
  } catch {
    return undefined
  }
}

/** The record of a context and its Dockerfile. */
export function recordOf({ context, listing }: RecordedContext): ContextRecord {
  return {
    dockerfile: lineHashes(context.dockerfile.text),
    files: Object.fromEntries(listing.entries.map(recordedFile)),
  }
}

/** Compares a context with the record of a former one. Directories that come or go are reported by their files. */
export function compareWithRecord({ context, listing }: RecordedContext, record: ContextRecord): ContextDifference {
  const left = new Map(Object.entries(record.files))
  const paths = listing.entries.flatMap((entry): readonly ChangedPath[] => {
    const [name, file] = recordedFile(entry)
    left.delete(name)
    const change = changeOf(record.files[name], file)
    if (change === undefined || (change !== 'mode' && entry.kind === 'directory')) return []
    // Its lines say more.
    if (change === 'changed' && entry.path === context.dockerfile.name) return []
    return [{ path: entry.path, change }]
  })
  const line = firstDifference(record.dockerfile, lineHashes(context.dockerfile.text))
  return {
    paths: paths.slice(0, TOLD_PATHS),
    changed: paths.length,
    removed: [...left.values()].filter(([content]) => content !== DIRECTORY).length,
    ...(line !== undefined && { line }),
  }
}

/** In place of the content of a directory. */
const DIRECTORY = ''

function changeOf(former: RecordedFile | undefined, next: RecordedFile): ChangedPath['change'] | undefined {
  if (former === undefined) return 'added'
  if (former[0] !== next[0]) return 'changed'
  return former[1] === next[1] ? undefined : 'mode'
}

function recordedFile(entry: ContextEntry): readonly [string, RecordedFile] {
  // JSON for signatures has no lone surrogates.
  const name = shortHash(entry.rawPath?.toString('hex') ?? entry.path, DIGITS)
  if (entry.kind === 'directory') return [name, [DIRECTORY, entry.mode.toString(8)]]
  if (entry.kind === 'symlink') {
    return [name, [shortHash([entry.kind, entry.rawTarget?.toString('hex') ?? entry.target], DIGITS), '']]
  }
  const { digest, link } = entry
  return [
    name,
    [shortHash(link === undefined ? digest : [digest, JSON.stringify(link)], DIGITS), entry.mode.toString(8)],
  ]
}

function lineHashes(text: string): readonly string[] {
  return text.split('\n').map((line) => shortHash(line, DIGITS))
}

function firstDifference(former: readonly string[], next: readonly string[]): number | undefined {
  const at = next.findIndex((line, index) => line !== former[index])
  if (at >= 0) return at + 1
  return former.length > next.length ? next.length + 1 : undefined
}
