import type { Digest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { isIndex, type StoredManifest } from '../../model/oci.js'
import { formatReference, type Reference, type Repository, sameRepository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { ownTag } from '../../steps/key.js'
import { type Needed, readNeeded, readTags, type TaggedManifest, type UnreadableTag } from './repository-content.js'

/** Why a tag of polyarch's own may go. */
export type PruneReason =
  /** Nothing that has a name lists its image or base, and the definition does not ask for it. */
  | 'unlisted'
  /** It was pushed by an engine, and has been checked since under another tag, or never. */
  | 'unchecked'
  /** It records the context or the base of an image that is not in the repository any more. */
  | 'unused-record'
  /** Its manifest cannot be read, so that what it lists is unknown: it stays. */
  | 'unreadable'

/** Tags that may go, all on one manifest. */
export interface UnneededManifest {
  readonly repository: Repository
  readonly manifest: StoredManifest
  readonly tags: readonly { readonly tag: string; readonly why: PruneReason }[]
  /** Whether the manifest stays: something else points to it, or lists it. */
  readonly isNeeded: boolean
  /** Its other tags, which stay. */
  readonly otherTags: readonly string[]
}

/** What is not to be touched, beside what has a name of the user's. */
export interface Kept {
  /** Key tags that the definition demands now, `host/repository:polyarch-…`. */
  readonly keyTags: ReadonlySet<string>
  /** Names and digests, in any repository. */
  readonly references: readonly Reference[]
}

/** What the tags of a repository are found to be. */
export interface PruneFindings {
  readonly unneeded: readonly UnneededManifest[]
  /** Tags that stay, since their manifests cannot be read. */
  readonly unreadable: readonly UnreadableTag[]
}

/** Finds the tags of polyarch's own in a repository that nothing needs. Reads everything that has a tag. */
export async function findUnneeded(
  repository: Repository,
  kept: Kept,
  registry: Registry,
  call: RegistryCall,
): Promise<PruneFindings> {
  const { tagged, unreadable } = await readTags(repository, registry, call)
  const isDemanded = ({ tag }: TaggedManifest) => kept.keyTags.has(formatReference({ ...repository, tag }))
  const roots = tagged.filter((one) => ownTag(one.tag) === undefined || isDemanded(one))
  const keeps = kept.references.filter((reference) => sameRepository(reference, repository))
  const named = await readKept(keeps, registry, call)
  const all = [...roots.map(({ manifest }) => manifest), ...named]
  const needed = await readNeeded(repository, all, registry, call)
  const gone = tagged.flatMap((one) => {
    const why = isDemanded(one) ? undefined : reasonFor(one, needed)
    return why === undefined ? [] : [{ ...one, why }]
  })
  const tags = new Set(gone.map(({ tag }) => tag))
  const stays = tagged.filter(({ tag }) => !tags.has(tag))
  return { unneeded: grouped(repository, gone, stays, needed.digests), unreadable }
}

function reasonFor({ tag, manifest }: TaggedManifest, needed: Needed): PruneReason | undefined {
  switch (ownTag(tag)) {
    case 'result':
      return needed.digests.has(manifest.descriptor.digest) ? undefined : 'unlisted'
    case 'unchecked':
      return 'unchecked'
    case 'context':
      return needed.records.has(tag) ? undefined : 'unused-record'
    case 'checked':
      return checkedBases(manifest).some((base) => needed.digests.has(base) || needed.bases.has(base))
        ? undefined
        : 'unused-record'
    case undefined:
      return undefined
  }
}

function checkedBases({ content }: StoredManifest): readonly Digest[] {
  return isIndex(content) ? content.manifests.map(({ digest }) => digest) : []
}

/** What the user wants to stay though no tag points to it. */
async function readKept(
  references: readonly Reference[],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly StoredManifest[]> {
  return allOrNone(references, call, async (reference, own) => {
    const manifest = await registry.getManifest(reference, { ...own, fresh: true })
    if (manifest !== undefined) return manifest
    throw new RegistryError('NOT_FOUND', `${formatReference(reference)}, which is to be kept, does not exist`)
  })
}

function grouped(
  repository: Repository,
  gone: readonly (TaggedManifest & { readonly why: PruneReason })[],
  stays: readonly TaggedManifest[],
  needed: ReadonlySet<Digest>,
): readonly UnneededManifest[] {
  const manifests = new Map(gone.map(({ manifest }) => [manifest.descriptor.digest, manifest]))
  return [...manifests].map(([digest, manifest]) => {
    const isOfIt = (one: TaggedManifest) => one.manifest.descriptor.digest === digest
    const tags = gone.filter(isOfIt).map(({ tag, why }) => ({ tag, why }))
    const otherTags = stays.filter(isOfIt).map(({ tag }) => tag)
    return { repository, manifest, tags, otherTags, isNeeded: otherTags.length > 0 || needed.has(digest) }
  })
}
