import { RegistryError } from '../model/errors.js'
import {
  type Descriptor,
  type ImageManifest,
  isForeign,
  isIndex,
  onePerDigest,
  type StoredManifest,
} from '../model/oci.js'
import type { Platform } from '../model/platform.js'
import { formatReference, type Reference, type Repository, repositoryOf, sameRepository } from '../model/reference.js'
import { allOrNone } from './all-or-none.js'
import { writeName } from './confirm-name.js'
import { holdsEntry, isManifestEntry, readChild, readIndexContent } from './index-entries.js'
import { keepPlatforms } from './keep-platforms.js'
import { heldBy } from './name-state.js'
import type { Registry, RegistryCall } from './port.js'

/** What a copy is to leave out, or whether it is to be. */
export interface CopyOptions {
  /** What is copied, where it has just been read. */
  readonly source?: StoredManifest
  /** Whether the target has it, where that has just been asked. */
  readonly isThere?: boolean | undefined
  /** These platforms alone, with their attestations; an index then gets other bytes, and another digest. */
  readonly platforms?: readonly Platform[]
  /** Asked before anything moves, with what the target would have; what it throws ends the copy. */
  readonly judge?: (manifest: StoredManifest) => Promise<void>
}

/**
 * Copies an image or an index, with its children and their blobs, to another name: within a repository, between two of
 * one registry, or between registries. Only what is missing moves; blobs are mounted where they can be. The name in `to`
 * is written last, so that it never stands for something incomplete, and read afterwards.
 *
 * @returns what the target then has.
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING, and all that a registry may answer.
 */
export async function copyManifest(
  registry: Registry,
  from: Reference,
  to: Reference,
  options: CopyOptions = {},
  call?: RegistryCall,
): Promise<Descriptor> {
  const source = options.source ?? (await getExisting(registry, from, call))
  const kept = options.platforms ? await keepPlatforms(registry, from, source, options.platforms, call) : source
  await options.judge?.(kept)
  const copy = { registry, from: repositoryOf(from), to: repositoryOf(to) }
  const [there, before] = await Promise.all([
    options.isThere ?? holdsEntry(registry, to, kept.descriptor, call),
    to.tag === undefined ? undefined : heldBy(to, registry, call ?? {}),
  ])
  // A registry takes an image only whole; of an index, children may have been deleted since.
  if (!sameRepository(from, to) && !(there && !isIndex(kept.content))) await copyContent(copy, kept, call)
  if (to.tag !== undefined) await writeName({ reference: to, manifest: kept, before }, registry, call ?? {})
  else if (!there) await registry.putManifest(to, kept, call)
  return kept.descriptor
}

interface Copy {
  readonly registry: Registry
  readonly from: Repository
  readonly to: Repository
}

/** Copies all that a manifest refers to: of an index the images and blobs first, then the indexes that list them. */
async function copyContent(copy: Copy, { content, ...manifest }: StoredManifest, call: RegistryCall | undefined) {
  if (!isIndex(content)) return copyBlobs(copy, content, call)
  const { entries, inner } = await readIndexContent(copy.registry, copy.from, { ...manifest, content }, call)
  const once = onePerDigest(entries.map(({ entry }) => entry))
  await allOrNone(once, call, (entry, own) => copyEntry(copy, entry, own))
  for (const index of inner) {
    if (await holdsEntry(copy.registry, copy.to, index.descriptor, call)) continue
    await copy.registry.putManifest({ ...copy.to, digest: index.descriptor.digest }, index, call)
  }
}

async function copyEntry(copy: Copy, entry: Descriptor, call: RegistryCall): Promise<void> {
  const { registry, from, to } = copy
  if (!isManifestEntry(entry)) return registry.copyBlob(from, to, entry, call)
  if (await holdsEntry(registry, to, entry, call)) return
  const child = await readChild(registry, from, entry, call)
  if (!isIndex(child.content)) await copyBlobs(copy, child.content, call)
  await registry.putManifest({ ...to, digest: entry.digest }, child, call)
}

async function copyBlobs({ registry, from, to }: Copy, { config, layers }: ImageManifest, call?: RegistryCall) {
  const blobs = [config, ...layers].filter((blob) => !isForeign(blob))
  await allOrNone(onePerDigest(blobs), call, (blob, blobCall) => registry.copyBlob(from, to, blob, blobCall))
}

async function getExisting(registry: Registry, reference: Reference, call?: RegistryCall): Promise<StoredManifest> {
  const found = await registry.getManifest(reference, call)
  if (found) return found
  throw new RegistryError('NOT_FOUND', `${formatReference(reference)} does not exist`, {
    hint: 'Look at the name and the tag; without a login, a private repository may also look like this.',
  })
}
