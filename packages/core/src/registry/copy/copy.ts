import { RegistryError } from '../../model/errors.js'
import { type Descriptor, isIndex, type StoredManifest } from '../../model/oci.js'
import type { Platform } from '../../model/platform.js'
import { formatReference, type Reference, repositoryOf, sameRepository } from '../../model/reference.js'
import { writeName } from '../manifests/confirm-name.js'
import { holdsEntry } from '../manifests/index-entries.js'
import { heldBy } from '../name-state.js'
import type { Registry, RegistryCall } from '../port.js'
import { type ContentCopy, copyContent } from './copy-content.js'
import { type CopiedReferrer, copyReferrers, type FoundReferrer, findReferrers } from './copy-referrers.js'
import { keepPlatforms } from './keep-platforms.js'

/** What a copy leaves out, and what is known before. */
export interface CopyOptions {
  /** What is copied, where it has just been read. */
  readonly source?: StoredManifest
  /** Whether the target has it, where that has just been asked. */
  readonly isThere?: boolean | undefined
  /** These platforms alone, with their attestations; an index then gets other bytes, and another digest. */
  readonly platforms?: readonly Platform[]
  /** Copies signatures, SBOMs and other artifacts that refer to it or to its images. */
  readonly referrers?: boolean
  /** Asked before anything moves, with what the target would have; what it throws ends the copy. */
  readonly judge?: (manifest: StoredManifest) => Promise<void>
}

/** What a copy made. */
export interface CopyResult {
  /** What the target then has. */
  readonly descriptor: Descriptor
  /** What refers to it, or to its images, and is in the target's repository too. */
  readonly referrers: readonly CopiedReferrer[]
  /** What was left out, as sentences. */
  readonly notes: readonly string[]
}

/**
 * Copies an image or an index, with its children and their blobs, to another name: within a repository, between two of
 * one registry, or between registries. Only what is missing moves; blobs are mounted where they can be. The name in `to`
 * is written last, so that it never stands for something incomplete, and read afterwards.
 *
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING, and all that a registry may answer.
 */
export async function copyManifest(
  registry: Registry,
  from: Reference,
  to: Reference,
  options: CopyOptions = {},
  call?: RegistryCall,
): Promise<CopyResult> {
  const source = options.source ?? (await getExisting(registry, from, call))
  const kept = options.platforms ? await keepPlatforms(registry, from, source, options.platforms, call) : source
  await options.judge?.(kept)
  const copy: ContentCopy = { registry, from: repositoryOf(from), to: repositoryOf(to), notes: new Set() }
  const [there, before] = await Promise.all([
    options.isThere ?? holdsEntry(registry, to, kept.descriptor, call),
    to.tag === undefined ? undefined : heldBy(to, registry, call ?? {}),
  ])
  const isElsewhere = !sameRepository(from, to)
  const below = isElsewhere ? await copyBelow(copy, kept, there, call) : []
  const hasReferrers = options.referrers && (isElsewhere || kept !== source)
  const found = hasReferrers ? await referrersBelow(copy, { source, kept, below }, call) : []
  // Before what refers to it, and without a name: whoever verifies signatures finds them once the name moves.
  const isEarly = found.length > 0 && !there
  if (isEarly) await registry.putManifest({ ...copy.to, digest: kept.descriptor.digest }, kept, call)
  const referrers = await copyReferrers(copy, found, call)
  if (to.tag !== undefined) await writeName({ reference: to, manifest: kept, before }, registry, call ?? {})
  else if (!there && !isEarly) await registry.putManifest(to, kept, call)
  return { descriptor: kept.descriptor, referrers, notes: [...copy.notes] }
}

/** A registry takes an image only whole; of an index, children may have been deleted since. */
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
  throw new RegistryError('NOT_FOUND', `${formatReference(reference)} does not exist`, {
    hint: 'Check the name and the tag; for a private repository, check that you are logged in.',
  })
}
