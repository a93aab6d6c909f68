import { type Descriptor, isIndex, type StoredManifest } from '../../model/oci.js'
import type { Platform } from '../../model/platform.js'
import { formatReference, type Reference, repositoryOf, sameRepository } from '../../model/reference.js'
import { imageNotFound } from '../image-not-found.js'
import { writeName } from '../manifests/confirm-name.js'
import { holdsEntry } from '../manifests/index-entries.js'
import { heldBy } from '../name-state.js'
import type { Registry, RegistryCall } from '../port.js'
import { type ContentCopy, copyContent } from './copy-content.js'
import { type CopiedReferrer, copyReferrers, type FoundReferrer, findReferrers } from './copy-referrers.js'
import { keepPlatforms } from './keep-platforms.js'

/** Options of a copy, and what the caller has already read. */
export interface CopyOptions extends RegistryCall {
  /** The manifest to copy, if the caller has just read it. */
  readonly source?: StoredManifest
  /** Whether the target has the manifest, if the caller has just checked it. */
  readonly isThere?: boolean | undefined
  /** Only these platforms, with their attestations; the index then has another digest. */
  readonly platforms?: readonly Platform[]
  /** Copies signatures, SBOMs and other artifacts that refer to it or to its images. */
  readonly referrers?: boolean
  /** Validates the manifest that the target would have, before anything is copied; an error ends the copy. */
  readonly validate?: (manifest: StoredManifest) => Promise<void>
}

/** Result of a copy. */
export interface CopyResult {
  /** Descriptor of the manifest at the target. */
  readonly descriptor: Descriptor
  /** Referrers of the manifest, or of its images, that the target's repository has too. */
  readonly referrers: readonly CopiedReferrer[]
  /** What was not copied, as sentences. */
  readonly notes: readonly string[]
}

/**
 * Copies an image or an index, with its children and their blobs, to another name.
 * The name may be in the same repository, in another one of the same registry, or in another registry. Only missing
 * content is transferred, and blobs are mounted if possible. The name in `to` is written last, so that it never refers
 * to incomplete content, and read afterwards.
 *
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING, and any other error of the registry.
 */
export async function copyManifest(
  registry: Registry,
  from: Reference,
  to: Reference,
  { source: given, isThere, platforms, referrers: hasReferrers = false, validate, ...call }: CopyOptions = {},
): Promise<CopyResult> {
  const source = given ?? (await getExisting(registry, from, call))
  const kept = platforms
    ? await keepPlatforms(registry, { reference: from, manifest: source }, platforms, call)
    : source
  await validate?.(kept)
  const copy: ContentCopy = { registry, from: repositoryOf(from), to: repositoryOf(to), notes: new Set() }
  const [there, before] = await Promise.all([
    isThere ?? holdsEntry(registry, to, kept.descriptor, call),
    to.tag === undefined ? undefined : heldBy(to, registry, call),
  ])
  const isElsewhere = !sameRepository(from, to)
  const below = isElsewhere ? await copyBelow(copy, kept, there, call) : []
  const isNew = isElsewhere || kept !== source
  const found = hasReferrers && isNew ? await referrersBelow(copy, { source, kept, below }, call) : []
  // Written before its referrers, without a tag: signatures are in place when the tag moves.
  const isEarly = found.length > 0 && !there
  if (isEarly) await registry.putManifest({ ...copy.to, digest: kept.descriptor.digest }, kept, call)
  const referrers = await copyReferrers(copy, found, call)
  if (to.tag !== undefined) await writeName({ reference: to, manifest: kept, before }, registry, call)
  else if (!there && !isEarly) await registry.putManifest(to, kept, call)
  return { descriptor: kept.descriptor, referrers, notes: [...copy.notes] }
}

/** An existing image is complete. The children of an existing index may have been deleted since. */
async function copyBelow(
  copy: ContentCopy,
  kept: StoredManifest,
  there: boolean,
  call: RegistryCall | undefined,
): Promise<readonly Descriptor[]> {
  return there && !isIndex(kept.content) ? [] : copyContent(copy, kept, call)
}

interface CopiedContent {
  readonly source: StoredManifest
  /** The source, or an index of some of its platforms. */
  readonly kept: StoredManifest
  readonly below: readonly Descriptor[]
}

async function referrersBelow(
  copy: ContentCopy,
  { source, kept, below }: CopiedContent,
  call: RegistryCall | undefined,
): Promise<readonly (readonly FoundReferrer[])[]> {
  const own = source.descriptor.digest
  const children = below.map(({ digest }) => digest)
  if (own === kept.descriptor.digest) return findReferrers(copy, [own, ...children], call)
  const [lost = []] = await findReferrers(copy, [own], call)
  if (lost.length > 0) {
    copy.notes.add(
      `${lost.length} referrers of ${own} were not copied: an index of some of its platforms has another digest`,
    )
  }
  return findReferrers(copy, children, call)
}

async function getExisting(registry: Registry, reference: Reference, call?: RegistryCall): Promise<StoredManifest> {
  const found = await registry.getManifest(reference, call)
  if (found) return found
  throw imageNotFound(`${formatReference(reference)} does not exist`)
}
