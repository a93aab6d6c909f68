import type { Digest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import { type Annotations, type Descriptor, isIndex, onePerDigest, type StoredManifest } from '../../model/oci.js'
import { formatRepository, type Repository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { isManifestEntry } from '../../registry/index-entries.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { recordReference } from '../../steps/context-record.js'
import { readBase, readParts } from '../../steps/image-parts.js'

/** A tag with the manifest that it points to. */
export interface TaggedManifest {
  readonly tag: string
  readonly manifest: StoredManifest
}

/** A tag whose manifest this client does not read. */
export interface UnreadableTag {
  readonly tag: string
  readonly because: string
}

/** The tags of a repository. */
export interface RepositoryTags {
  readonly tagged: readonly TaggedManifest[]
  readonly unreadable: readonly UnreadableTag[]
}

/** Reads all tags of a repository. One that is gone by the time it is read is left out. */
export async function readTags(
  repository: Repository,
  registry: Registry,
  call: RegistryCall,
): Promise<RepositoryTags> {
  const tags = await registry.listTags(repository, call)
  const read = await allOrNone(tags, call, async (tag, own) => {
    const manifest = await ifReadable(registry.getManifest({ ...repository, tag }, { ...own, fresh: true }))
    return { tag, manifest }
  })
  return {
    tagged: read.flatMap(({ tag, manifest }) => (isStored(manifest) ? [{ tag, manifest }] : [])),
    unreadable: read.flatMap(({ tag, manifest }) =>
      manifest instanceof RegistryError ? [{ tag, because: manifest.message }] : [],
    ),
  }
}

async function ifReadable<T>(reading: Promise<T>): Promise<T | RegistryError> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof RegistryError && error.code === 'MANIFEST_UNSUPPORTED') return error
    throw error
  }
}

function isStored(manifest: StoredManifest | RegistryError | undefined): manifest is StoredManifest {
  return manifest !== undefined && !(manifest instanceof RegistryError)
}

/** What hangs together below some manifests of a repository. */
export interface Needed {
  /** Of the manifests themselves, and of all that their indexes list, readable or not. */
  readonly digests: ReadonlySet<Digest>
  /** Tags of the records of the contexts that images among them were built from. */
  readonly records: ReadonlySet<string>
  /** The bases that images among them were built on, whether or not an index lists them. */
  readonly bases: ReadonlySet<Digest>
}

/**
 * Follows manifests down through their indexes. What an index lists and the repository lacks, or that is no manifest that
 * this client reads, is passed over.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED for indexes beyond the bounds of {@link LIMITS}
 */
export async function readNeeded(
  repository: Repository,
  roots: readonly StoredManifest[],
  registry: Registry,
  call: RegistryCall,
): Promise<Needed> {
  const digests = new Set<Digest>()
  const records = new Set<string>()
  const bases = new Set<Digest>()
  const unread = (entries: readonly Descriptor[]) => onePerDigest(entries).filter(({ digest }) => !digests.has(digest))
  let level: readonly StoredManifest[] = [...new Map(roots.map((one) => [one.descriptor.digest, one])).values()]
  for (const root of level) digests.add(root.descriptor.digest)
  let inner = 0
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > 1) inner += level.filter(({ content }) => isIndex(content)).length
    if (depth > LIMITS.indexDepth || inner > LIMITS.indexes) throw tooNested(repository)
    for (const { content } of level) {
      const { base, record } = builtFrom(content.annotations, repository)
      if (base !== undefined) bases.add(base)
      if (record !== undefined) records.add(record)
    }
    const below = unread(level.flatMap(({ content }) => (isIndex(content) ? content.manifests : [])))
    for (const { digest } of below) digests.add(digest)
    level = await readAll(repository, below.filter(isManifestEntry), registry, call)
  }
  return { digests, records, bases }
}

/** The base of an image, and the tag of the record of its context, as its annotations have them. */
function builtFrom(annotations: Annotations | undefined, repository: Repository) {
  const parts = readParts(annotations)
  const record = parts && recordReference(repository, parts.context, parts.dockerfile).tag
  return { base: readBase(annotations), record }
}

async function readAll(
  { registry: host, repository }: Repository,
  entries: readonly Descriptor[],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly StoredManifest[]> {
  const read = await allOrNone(entries, call, ({ digest }, own) =>
    ifReadable(registry.getManifest({ registry: host, repository, digest }, own)),
  )
  return read.filter(isStored)
}

function tooNested(repository: Repository): RegistryError {
  const bounds = `nested more than ${LIMITS.indexDepth} deep, or more than ${LIMITS.indexes} of them`
  return new RegistryError(
    'MANIFEST_UNSUPPORTED',
    `${formatRepository(repository)} has indexes within indexes, ${bounds}`,
    { hint: 'remove their tags first: nothing is deleted while it is not known what they list' },
  )
}
