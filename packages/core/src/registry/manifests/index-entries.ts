import type { Digest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import {
  type Descriptor,
  isIndex,
  isIndexType,
  isManifestType,
  onePerDigest,
  type StoredManifest,
} from '../../model/oci.js'
import { formatRepository, type Repository, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../all-or-none.js'
import type { Registry, RegistryCall } from '../port.js'

/** An entry of an index or of a nested index that is not an index itself. */
export interface IndexEntry {
  readonly entry: Descriptor
  /** The index that lists it. */
  readonly index: StoredManifest
}

/** The entries of an index and of its nested indexes, without the content of images. */
export interface IndexContent {
  /** The image entries, in order; entries of a nested index replace it. */
  readonly entries: readonly IndexEntry[]
  /** The indexes within it, each once, each after those that it lists. */
  readonly inner: readonly StoredManifest[]
}

/**
 * Reads an index and the indexes within it. Each index is read once: indexes that list the same ones would multiply the
 * requests with each level.
 *
 * @param call - With `fresh`, mirrors are not read.
 * @throws RegistryError NOT_FOUND; MANIFEST_UNSUPPORTED beyond the bounds of {@link LIMITS}
 */
export async function readIndexContent(
  registry: Pick<Registry, 'getManifest'>,
  repository: Repository,
  root: StoredManifest,
  call: RegistryCall = {},
): Promise<IndexContent> {
  const known = new Map([[root.descriptor.digest, root]])
  let count = entriesOf(root).length
  let level: readonly StoredManifest[] = [root]
  for (let depth = 1; level.length > 0; depth += 1) {
    const listed = onePerDigest(level.flatMap(entriesOf).filter(({ mediaType }) => isIndexType(mediaType)))
    const unread = listed.filter(({ digest }) => !known.has(digest))
    if (unread.length > 0 && depth >= LIMITS.indexDepth)
      throw tooLarge(repository, root, `nested more than ${LIMITS.indexDepth} deep`)
    if (known.size + unread.length > LIMITS.indexes)
      throw tooLarge(repository, root, `made of more than ${LIMITS.indexes} indexes`)
    level = await allOrNone(unread, call, (entry, own) => readChild(registry, repository, entry, own))
    count += level.reduce((sum, index) => sum + entriesOf(index).length, 0)
    if (count > LIMITS.indexEntries)
      throw tooLarge(repository, root, `made of more than ${LIMITS.indexEntries} entries`)
    for (const index of level) known.set(index.descriptor.digest, index)
  }
  return inOrder(root, known)
}

/**
 * Reads the manifest of an entry of an index, and compares it with what the index states.
 *
 * @throws RegistryError NOT_FOUND; MANIFEST_UNSUPPORTED if the size differs, or one is an index and the other is not
 */
export async function readChild(
  registry: Pick<Registry, 'getManifest'>,
  repository: Repository,
  entry: Descriptor,
  call?: RegistryCall,
): Promise<StoredManifest> {
  const { digest } = entry
  const child = await registry.getManifest({ ...repositoryOf(repository), digest }, call)
  if (child === undefined) {
    const message = `an index of ${formatRepository(repository)} lists ${digest}, which does not exist`
    const hint = 'something deleted it from the repository; publish the index again'
    throw new RegistryError('NOT_FOUND', message, { hint })
  }
  checkEntry(repository, entry, child.descriptor)
  return child
}

/** Compares an entry of an index with the manifest that it refers to. @throws RegistryError MANIFEST_UNSUPPORTED */
export function checkEntry(repository: Repository, entry: Descriptor, { size, mediaType }: Descriptor): void {
  const states = (what: string) =>
    new RegistryError(
      'MANIFEST_UNSUPPORTED',
      `an index of ${formatRepository(repository)} lists ${entry.digest} with ${what}`,
      { hint: 'publish the index again with a tool that computes its descriptors; clients reject it as it is' },
    )
  if (entry.size !== size) throw states(`${entry.size} bytes, but it has ${size}`)
  if (isIndexType(entry.mediaType) !== isIndexType(mediaType))
    throw states(`the media type '${entry.mediaType}', but it is '${mediaType}'`)
}

/** Whether a repository holds what an entry of an index refers to: a manifest, or a blob. @throws RegistryError MANIFEST_UNSUPPORTED */
export async function holdsEntry(
  registry: Pick<Registry, 'resolve' | 'hasBlob' | 'getManifest'>,
  repository: Repository,
  entry: Descriptor,
  call?: RegistryCall,
): Promise<boolean> {
  if (!isManifestEntry(entry)) return registry.hasBlob(repositoryOf(repository), entry.digest, call)
  const reference = { ...repositoryOf(repository), digest: entry.digest }
  const there = await registry.resolve(reference, { ...call, fresh: true })
  // A HEAD response may state another length: the manifest's size is the right one.
  if (there !== undefined && there.size !== entry.size) await readChild(registry, repository, entry, call)
  return there !== undefined
}

/** Whether an entry of an index is a manifest or an index. BuildKit's registry cache lists blobs. */
export function isManifestEntry({ mediaType }: Descriptor): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType)
}

function entriesOf({ content }: StoredManifest): readonly Descriptor[] {
  return isIndex(content) ? content.manifests : []
}

function inOrder(root: StoredManifest, known: ReadonlyMap<Digest, StoredManifest>): IndexContent {
  const entries: IndexEntry[] = []
  const inner: StoredManifest[] = []
  const visited = new Set<Digest>()
  const visit = (index: StoredManifest) => {
    if (visited.has(index.descriptor.digest)) return
    visited.add(index.descriptor.digest)
    for (const entry of entriesOf(index)) {
      const below = isIndexType(entry.mediaType) ? known.get(entry.digest) : undefined
      if (below === undefined) entries.push({ entry, index })
      else visit(below)
    }
    if (index !== root) inner.push(index)
  }
  visit(root)
  return { entries, inner }
}

function tooLarge(repository: Repository, { descriptor }: StoredManifest, how: string): RegistryError {
  const message = `the index ${descriptor.digest} of ${formatRepository(repository)} is ${how}`
  return new RegistryError('MANIFEST_UNSUPPORTED', message, { hint: 'use an index that lists its images directly' })
}
