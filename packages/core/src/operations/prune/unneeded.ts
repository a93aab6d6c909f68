import { type Digest, isDigest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import type { StoredManifest } from '../../model/oci.js'
import { formatReference, type Reference, type Repository, sameRepository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { subjectTag } from '../../registry/manifests/cosign-tags.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { attestedImage } from '../../steps/image/attestation/attestation.js'
import { attestedTag, ownTag } from '../../steps/key.js'
import { findReferrersOf, type Referrer, type ReferrerSearch } from '../deletion/referrers.js'
import { checkedBases, PushDates } from './push-date.js'
import {
  mayBeListed,
  type Needed,
  readNeeded,
  readTags,
  type TaggedManifest,
  type UnreadableManifest,
} from './repository-content.js'

/** Why a tag of polyarch's own may go. */
export type PruneReason =
  /** No named index lists it, and the definition does not need it. */
  | 'unlisted'
  /** It was pushed by a builder, and has been checked since under another tag, or never. */
  | 'unchecked'
  /** It records the context or the base of an image that is not in the repository any more, or attests it. */
  | 'unused-record'
  /** It is a build cache of a pipeline or platform that the definition does not have, or no longer caches. */
  | 'unused-cache'
  /** It refers to an image of these: a signature, an attestation, a test result or another artifact. */
  | 'referrer'
  /** Its manifest, its date or what may list it cannot be read: it stays. */
  | 'unreadable'

/** A tag that nothing needs. */
export interface UnneededTag {
  readonly tag: string
  readonly why: PruneReason
}

/** Tags that may go, all on one manifest. */
export interface UnneededManifest {
  readonly repository: Repository
  readonly manifest: StoredManifest
  readonly tags: readonly UnneededTag[]
  /** Whether the manifest stays: something else points to it, or lists it. */
  readonly isNeeded: boolean
  /** Its other tags, which stay. */
  readonly otherTags: readonly string[]
  /** What refers to it, and is deleted with the manifest. */
  readonly referrers: readonly Referrer[]
}

/** A tag that stays although nothing needs it. */
export interface SparedTag extends UnneededTag {
  readonly manifest: StoredManifest
  /** `recent`: it is younger than the bound. */
  readonly outcome: 'recent' | 'kept'
  readonly because: string
}

/** Unneeded content of a repository. */
export interface Unneeded {
  readonly repository: Repository
  readonly manifests: readonly UnneededManifest[]
  readonly spared: readonly SparedTag[]
  /** Tags and digests that stay, since their manifests cannot be read. */
  readonly unreadable: readonly UnreadableManifest[]
}

/** Content to keep, beside everything with a name of the user's. */
export interface Kept {
  /** Key tags that the definition demands now, `host/repository:polyarch-…`. */
  readonly keyTags: ReadonlySet<string>
  /** Names and digests, in any repository. */
  readonly references: readonly Reference[]
  /** Keep manifests pushed after this time, in milliseconds since 1970: a run may be about to use them. */
  readonly pushedAfter: number
}

/** Finds the tags of polyarch's own in a repository that nothing needs. Reads everything that has a tag. */
export async function findUnneeded(
  repository: Repository,
  kept: Kept,
  registry: Registry,
  call: RegistryCall,
): Promise<Unneeded> {
  const { tagged, unreadable } = await readTags(repository, registry, call)
  // An attestation is kept as long as its image.
  const isRequired = ({ tag }: TaggedManifest) =>
    kept.keyTags.has(formatReference({ ...repository, tag: attestedTag(tag) }))
  const isRoot = (one: TaggedManifest) =>
    isRequired(one) || (ownTag(one.tag) === undefined && subjectTag(one.tag) === undefined)
  const keeps = kept.references.filter((reference) => sameRepository(reference, repository))
  const roots = [...tagged.filter(isRoot).map(({ manifest }) => manifest), ...(await readKept(keeps, registry, call))]
  const neededBy = (roots: readonly StoredManifest[]) => readNeeded(repository, { roots, tagged }, registry, call)
  const unneededOf = (needed: Needed) =>
    tagged.flatMap((one) => {
      const why = isRequired(one) ? undefined : reasonFor(one, needed)
      return why === undefined ? [] : [{ ...one, why }]
    })

  const listed = await neededBy(roots)
  const blind = mayBeListed(repository, [
    ...unreadable.filter(({ name }) => ownTag(name) === undefined),
    ...listed.unreadable,
  ])
  const dates = new PushDates(repository, tagged, registry)
  const images = unneededOf(listed).filter((one) => !isSideProduct(one))
  const spared = await allOrNone(images, call, (one, own) => spare(one, { dates, blind, kept }, own))
  const sparedImages = spared.filter((one) => one !== undefined)

  // A record stays as long as an image that is spared.
  const needed = await neededBy([...roots, ...sparedImages.map(({ manifest }) => manifest)])
  const records = unneededOf(needed).filter(isSideProduct)
  const sparedRecords = records.flatMap((one) => spareYoung(one, dates.ofRecord(one.tag), kept) ?? [])
  const stays = new Set([...sparedImages, ...sparedRecords].map(({ tag }) => tag))
  const gone = [...images, ...records].filter(({ tag }) => !stays.has(tag))
  const tags = new Set(gone.map(({ tag }) => tag))
  const others = tagged.filter(({ tag }) => !tags.has(tag))
  const manifests = grouped(repository, gone, others, needed.digests)
  const search = referrerSearch(tagged, needed.digests)
  return {
    repository,
    manifests: await allOrNone(manifests, call, (one, own) => withReferrers(one, search, registry, own)),
    spared: [...sparedImages, ...sparedRecords],
    unreadable: [...unreadable, ...needed.unreadable],
  }
}

/** No image: without it, a run takes longer or explains less. */
function isSideProduct({ why }: UnneededTag): boolean {
  return why === 'unused-record' || why === 'unused-cache'
}

type Candidate = TaggedManifest & UnneededTag

async function spare(
  one: Candidate,
  { dates, blind, kept }: { readonly dates: PushDates; readonly blind: string | undefined; readonly kept: Kept },
  call: RegistryCall,
): Promise<SparedTag | undefined> {
  if (blind !== undefined) return { ...one, why: 'unreadable', outcome: 'kept', because: blind }
  const date = await dates.of(one.manifest, call)
  if (date === undefined)
    return { ...one, why: 'unreadable', outcome: 'kept', because: 'the time of its push is unknown' }
  return spareYoung(one, date, kept)
}

/** A record without a date is of a previous version; deleting it costs only detail of the next plan. */
function spareYoung(one: Candidate, date: number | undefined, { pushedAfter }: Kept): SparedTag | undefined {
  if (date === undefined || date <= pushedAfter) return undefined
  return { ...one, outcome: 'recent', because: `it was pushed at ${new Date(date).toISOString()}` }
}

function reasonFor({ tag, manifest }: TaggedManifest, needed: Needed): PruneReason | undefined {
  switch (ownTag(tag)) {
    case 'result':
      return needed.digests.has(manifest.descriptor.digest) ? undefined : 'unlisted'
    case 'unchecked':
      return 'unchecked'
    case 'context':
      return needed.records.has(tag) ? undefined : 'unused-record'
    case 'attestation': {
      const image = attestedImage(manifest)
      return image !== undefined && isDigest(image) && needed.digests.has(image) ? undefined : 'unused-record'
    }
    case 'checked':
      return checkedBases(manifest).some((base) => needed.digests.has(base) || needed.bases.has(base))
        ? undefined
        : 'unused-record'
    case 'cache':
      return 'unused-cache'
    case undefined:
      return undefined
  }
}

/** Reads the digests that the user keeps although no tag points to them. */
async function readKept(
  references: readonly Reference[],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly StoredManifest[]> {
  return allOrNone(references, call, async (reference, own) => {
    const manifest = await registry.getManifest(reference, { ...own, fresh: true })
    if (manifest !== undefined) return manifest
    throw new RegistryError('NOT_FOUND', `${formatReference(reference)} of --keep does not exist`)
  })
}

function grouped(
  repository: Repository,
  gone: readonly Candidate[],
  stays: readonly TaggedManifest[],
  needed: ReadonlySet<Digest>,
): readonly Omit<UnneededManifest, 'referrers'>[] {
  const manifests = new Map(gone.map(({ manifest }) => [manifest.descriptor.digest, manifest]))
  return [...manifests].map(([digest, manifest]) => {
    const isOfIt = (one: TaggedManifest) => one.manifest.descriptor.digest === digest
    const tags = gone.filter(isOfIt).map(({ tag, why }) => ({ tag, why }))
    const otherTags = stays.filter(isOfIt).map(({ tag }) => tag)
    return { repository, manifest, tags, otherTags, isNeeded: otherTags.length > 0 || needed.has(digest) }
  })
}

/** A referrer with a tag of its own is kept or deleted by that tag. */
function referrerSearch(tagged: readonly TaggedManifest[], needed: ReadonlySet<Digest>): ReferrerSearch {
  const byTag = tagged
    .filter(({ tag }) => subjectTag(tag) === undefined)
    .map(({ manifest }) => manifest.descriptor.digest)
  const elsewhere = new Set([...needed, ...byTag])
  return { tags: new Set(tagged.map(({ tag }) => tag)), isNeeded: ({ digest }) => elsewhere.has(digest) }
}

async function withReferrers(
  one: Omit<UnneededManifest, 'referrers'>,
  search: ReferrerSearch,
  registry: Registry,
  call: RegistryCall,
): Promise<UnneededManifest> {
  const { repository, manifest, isNeeded } = one
  if (isNeeded) return { ...one, referrers: [] }
  const { digest } = manifest.descriptor
  return { ...one, referrers: await findReferrersOf({ ...repository, digest }, search, registry, call) }
}
