import { mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { syncFolder } from '../../layout/durable-file.js'
import { type Digest, isDigest } from '../../model/digest.js'
import { HostError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { isJsonObject } from '../../model/json-fields.js'
import { linkInStore } from './store-folder.js'

/** Metadata of a manifest in a repository. */
export interface ManifestRecord {
  readonly mediaType: string
  /** In bytes. */
  readonly size: number
  /** The manifest that this one is attached to. */
  readonly subject?: Digest
}

/** A manifest with its content. */
export interface ManifestContent extends ManifestRecord {
  readonly digest: Digest
  readonly bytes: Uint8Array
}

/** Content of a repository; a blob is visible only in repositories that have a record of it. */
export interface RepositoryRecord {
  readonly blobs: Set<Digest>
  readonly manifests: Map<Digest, ManifestRecord>
  readonly tags: Map<string, Digest>
  /** Digests that deleted manifests referred to. */
  readonly leftovers: Set<Digest>
}

/** The format of the file. */
interface SavedRecord {
  readonly version: typeof VERSION
  readonly blobs: readonly Digest[]
  readonly manifests: Readonly<Record<Digest, ManifestRecord>>
  readonly tags: Readonly<Record<string, Digest>>
  readonly leftovers?: readonly Digest[]
}

const VERSION = 1

/** No component of a repository name starts like this, so the file cannot collide with another repository. */
const FILE_NAME = '_record.json'

/** An empty record. */
export function emptyRecord(): RepositoryRecord {
  return { blobs: new Set(), manifests: new Map(), tags: new Map(), leftovers: new Set() }
}

/** Whether something is attached to a manifest. */
export function isSubject({ manifests }: RepositoryRecord, digest: Digest): boolean {
  return [...manifests.values()].some(({ subject }) => subject === digest)
}

/** The text of a record's file. */
export function encodeRecord({ blobs, manifests, tags, leftovers }: RepositoryRecord): string {
  const saved: SavedRecord = {
    version: VERSION,
    blobs: [...blobs],
    manifests: Object.fromEntries(manifests) as SavedRecord['manifests'],
    tags: Object.fromEntries(tags),
    ...(leftovers.size > 0 && { leftovers: [...leftovers] }),
  }
  return JSON.stringify(saved)
}

/** Creates the directory of a repository, and returns the path of its record. */
export async function recordFile(root: string, name: string): Promise<string> {
  const path = join(root, name, FILE_NAME)
  await mkdir(dirname(path), { recursive: true })
  for (let folder = dirname(path); folder.length >= root.length; folder = dirname(folder)) await syncFolder(folder)
  return path
}

/**
 * The records of all repositories under a folder, by name.
 *
 * @throws HostError REGISTRY_NOT_STARTED if one of them cannot be read: guessing would lose its content.
 */
export async function readRecords(root: string): Promise<Map<string, RepositoryRecord>> {
  const records = new Map<string, RepositoryRecord>()
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) throw linkInStore(join(entry.parentPath, entry.name))
    if (entry.name !== FILE_NAME) continue
    const name = relative(root, entry.parentPath).split(sep).join('/')
    records.set(name, await readRecord(join(entry.parentPath, FILE_NAME)))
  }
  return records
}

/** Reads the text of a record's file. @throws SyntaxError or TypeError */
export function decodeRecord(text: string): RepositoryRecord {
  const saved = parseJson(text)
  if (!isJsonObject(saved)) throw new TypeError('it is not an object')
  const { version, blobs, manifests, tags, leftovers = [] } = saved
  if (version !== VERSION) throw new TypeError(`its version is ${String(version)}, not ${VERSION}`)
  return {
    blobs: new Set(digestsIn(blobs, 'blobs')),
    manifests: new Map(entriesIn(manifests, 'manifests').map(([digest, one]) => [digestOf(digest), manifestOf(one)])),
    tags: new Map(entriesIn(tags, 'tags').map(([tag, digest]) => [tag, digestOf(digest)])),
    leftovers: new Set(digestsIn(leftovers, 'leftovers')),
  }
}

function entriesIn(value: unknown, field: string): readonly (readonly [string, unknown])[] {
  if (!isJsonObject(value)) throw new TypeError(`its ${field} is not an object`)
  return Object.entries(value)
}

function digestsIn(value: unknown, field: string): readonly Digest[] {
  if (!Array.isArray(value)) throw new TypeError(`its ${field} is not a list`)
  return value.map(digestOf)
}

function digestOf(value: unknown): Digest {
  if (typeof value === 'string' && isDigest(value)) return value
  throw new TypeError('it has a value that is not a digest')
}

function manifestOf(value: unknown): ManifestRecord {
  if (!isJsonObject(value)) throw new TypeError('a manifest is not an object')
  const { mediaType, size, subject } = value
  if (typeof mediaType !== 'string' || !Number.isSafeInteger(size))
    throw new TypeError('a manifest has no type or size')
  return { mediaType, size: Number(size), ...(subject !== undefined && { subject: digestOf(subject) }) }
}

async function readRecord(path: string): Promise<RepositoryRecord> {
  try {
    return decodeRecord(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new HostError('REGISTRY_NOT_STARTED', `the record ${path} of the embedded registry cannot be read`, {
      hint: 'use another directory, or remove this one and push again',
      cause,
    })
  }
}
