import { type Digest, isDigest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import {
  type Annotations,
  type Descriptor,
  isIndex,
  isIndexType,
  isManifestType,
  onePerDigest,
  type StoredManifest,
} from '../../model/oci.js'
import { formatReference, formatRepository, type Reference, type Repository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { subjectTag } from '../../registry/manifests/cosign-tags.js'
import { isManifestEntry } from '../../registry/manifests/index-entries.js'
import { referrersTag } from '../../registry/manifests/referrers.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { recordReference } from '../../steps/image/context/context-record.js'
import { readBase, readParts } from '../../steps/image/image-parts.js'

/** A tag with the manifest that it points to. */
export interface TaggedManifest {
  readonly tag: string
  readonly manifest: StoredManifest
}

/** A tag or digest whose manifest this client does not read. */
export interface UnreadableManifest {
  /** The tag or digest. */
  readonly name: string
  readonly because: string
  /** Whether it may be an index, so that what it lists is unknown. */
  readonly mayList: boolean
}

/** The tags of a repository. */
export interface RepositoryTags {
  readonly tagged: readonly TaggedManifest[]
  readonly unreadable: readonly UnreadableManifest[]
}

/** Reads all tags of a repository. Tags that are deleted meanwhile are omitted. */
export async function readTags(
  repository: Repository,
  registry: Registry,
  call: RegistryCall,
): Promise<RepositoryTags> {
  const tags = await registry.listTags(repository, call)
  const read = await allOrNone(tags, call, (tag, own) => readManifest({ ...repository, tag }, registry, own))
  const isAbsent = read.some((one) => one === undefined)
  const stillListed = new Set(isAbsent ? await registry.listTags(repository, call) : [])
  const found = tags.map((tag, at) => {
    const one = read[at]
    return { tag, one: one === undefined && stillListed.has(tag) ? absent(repository, { tag }) : one }
  })
  return {
    tagged: found.flatMap(({ tag, one }) => (isStored(one) ? [{ tag, manifest: one }] : [])),
    unreadable: found.flatMap(({ one }) => (one === undefined || isStored(one) ? [] : [one])),
  }
}

type ReadManifest = StoredManifest | UnreadableManifest | undefined

async function readManifest(reference: Reference, registry: Registry, call: RegistryCall): Promise<ReadManifest> {
  const name = reference.tag ?? reference.digest ?? ''
  try {
    return await registry.getManifest(reference, { ...call, fresh: true })
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return { name, because: error.message, mayList: !(await isSingleImage(reference, registry, call)) }
  }
}

/** Whether the registry states that an unreadable manifest is not an index. */
async function isSingleImage(reference: Reference, registry: Registry, call: RegistryCall): Promise<boolean> {
  try {
    const found = await registry.resolve(reference, { ...call, fresh: true })
    return found !== undefined && isManifestType(found.mediaType)
  } catch (error) {
    if (isUnreadable(error)) return false
    throw error
  }
}

/** Whether an error is about content that arrived: another attempt gives the same. */
export function isUnreadable(error: unknown): error is RegistryError {
  return error instanceof RegistryError && (error.code === 'MANIFEST_UNSUPPORTED' || error.code === 'DIGEST_MISMATCH')
}

function isStored(read: ReadManifest): read is StoredManifest {
  return read !== undefined && 'content' in read
}

function absent(repository: Repository, { tag, digest }: Pick<Reference, 'tag' | 'digest'>): UnreadableManifest {
  const where = formatReference({ ...repository, ...(tag && { tag }), ...(digest && { digest }) })
  return { name: tag ?? digest ?? '', because: `${where} is listed but does not exist`, mayList: true }
}

/** The content that some manifests of a repository need. */
export interface Needed {
  /**
   * Digests of the manifests, of all entries of their indexes (readable or not), of their subjects and of tagged
   * referrers.
   */
  readonly digests: ReadonlySet<Digest>
  /** Tags of the records of the contexts that images among them were built from. */
  readonly records: ReadonlySet<string>
  /** The bases that images among them were built on, whether or not an index lists them. */
  readonly bases: ReadonlySet<Digest>
  /** Indexes among them that cannot be read. */
  readonly unreadable: readonly UnreadableManifest[]
}

/**
 * Follows manifests through their indexes and subjects. A tagged manifest whose subject is needed is needed too. What an
 * index lists is needed even if the registry does not find it: a read may fail once, and a deletion is final.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED for indexes beyond the bounds of {@link LIMITS}
 */
export async function readNeeded(
  repository: Repository,
  { roots, tagged }: { readonly roots: readonly StoredManifest[]; readonly tagged: readonly TaggedManifest[] },
  registry: Registry,
  call: RegistryCall,
): Promise<Needed> {
  const digests = new Set<Digest>()
  const records = new Set<string>()
  const bases = new Set<Digest>()
  const unreadable: UnreadableManifest[] = []
  const unread = (entries: readonly Descriptor[]) => onePerDigest(entries).filter(({ digest }) => !digests.has(digest))
  const isNew = ({ descriptor }: StoredManifest) => !digests.has(descriptor.digest)
  let level = onePerManifest(roots)
  let inner = 0
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > 1) inner += level.filter(({ content }) => isIndex(content)).length
    if (depth > LIMITS.indexDepth || inner > LIMITS.indexes) throw tooNested(repository)
    for (const { descriptor, content } of level) {
      digests.add(descriptor.digest)
      const { base, record } = builtFrom(content.annotations, repository)
      if (base !== undefined) bases.add(base)
      if (record !== undefined) records.add(record)
    }
    const below = unread(level.flatMap(linkedFrom))
    for (const { digest } of below) digests.add(digest)
    const read = await readAll(repository, below.filter(isManifestEntry), registry, call)
    unreadable.push(...read.flatMap((one) => (isStored(one) || !one.mayList ? [] : [one])))
    level = onePerManifest([...read.filter(isStored), ...referrersOf(digests, repository, tagged).filter(isNew)])
  }
  return { digests, records, bases, unreadable }
}

/** The base of an image, and the tag of the record of its context, as its annotations have them. */
function builtFrom(annotations: Annotations | undefined, repository: Repository) {
  const parts = readParts(annotations)
  const record = parts && recordReference(repository, parts.context, parts.dockerfile).tag
  return { base: readBase(annotations), record }
}

function onePerManifest(manifests: readonly StoredManifest[]): readonly StoredManifest[] {
  return [...new Map(manifests.map((one) => [one.descriptor.digest, one])).values()]
}

function linkedFrom({ content }: StoredManifest): readonly Descriptor[] {
  const { subject } = content
  return [...(isIndex(content) ? content.manifests : []), ...(subject === undefined ? [] : [subject])]
}

function referrersOf(
  digests: ReadonlySet<Digest>,
  repository: Repository,
  tagged: readonly TaggedManifest[],
): readonly StoredManifest[] {
  const names = new Set([...digests].map((digest) => referrersTag(repository, digest).tag))
  const refers = ({ tag, manifest }: TaggedManifest) => {
    const { subject } = manifest.content
    return names.has(subjectTag(tag)) || (subject !== undefined && digests.has(subject.digest))
  }
  return tagged.filter(refers).map(({ manifest }) => manifest)
}

/** An image that is absent needs nothing; an absent index is unreadable. */
async function readAll(
  { registry: host, repository }: Repository,
  entries: readonly Descriptor[],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly (StoredManifest | UnreadableManifest)[]> {
  const read = await allOrNone(entries, call, async ({ digest, mediaType }, own) => {
    const reference = { registry: host, repository, digest }
    const found = await readManifest(reference, registry, own)
    return found === undefined && isIndexType(mediaType) ? absent(reference, { digest }) : found
  })
  return read.filter((one) => one !== undefined)
}

function tooNested(repository: Repository): RegistryError {
  const bounds = `nested more than ${LIMITS.indexDepth} deep, or more than ${LIMITS.indexes} of them`
  return new RegistryError(
    'MANIFEST_UNSUPPORTED',
    `${formatRepository(repository)} has indexes within indexes, ${bounds}`,
    { hint: 'remove their tags first: nothing is deleted while their entries are unknown' },
  )
}

/** Why images are kept that an unreadable index may list. */
export function mayBeListed(repository: Repository, unreadable: readonly UnreadableManifest[]): string | undefined {
  const first = unreadable.find(({ mayList }) => mayList)
  if (first === undefined) return undefined
  const { name } = first
  const where = formatReference({ ...repository, ...(isDigest(name) ? { digest: name } : { tag: name }) })
  return `${where} cannot be read and may list it`
}
