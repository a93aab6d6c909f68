import type { Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import {
  type Descriptor,
  type ImageManifest,
  isForeign,
  isIndex,
  isIndexType,
  onePerDigest,
  type StoredManifest,
} from '../model/oci.js'
import type { Platform } from '../model/platform.js'
import { formatReference, formatRepository, type Reference, repositoryOf, sameRepository } from '../model/reference.js'
import { allOrNone } from './all-or-none.js'
import { writeName } from './confirm-name.js'
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
  const copy = { registry, from: repositoryOf(from), to: repositoryOf(to), started: new Map(), indexes: 0 }
  const [there, before] = await Promise.all([
    options.isThere ?? isThere(copy, kept.descriptor, call),
    to.tag === undefined ? undefined : heldBy(to, registry, call ?? {}),
  ])
  // A registry takes an image only whole; of an index, children may have been deleted since.
  if (!sameRepository(from, to) && !(there && !isIndex(kept.content))) await copyContent(copy, kept, call, 1)
  if (to.tag !== undefined) await writeName({ reference: to, manifest: kept, before }, registry, call ?? {})
  else if (!there) await registry.putManifest(to, kept, call)
  return kept.descriptor
}

interface Copy {
  readonly registry: Registry
  readonly from: Reference
  readonly to: Reference
  /** Children that are being copied, or were: several indexes may list the same one. */
  readonly started: Map<Digest, Promise<void>>
  indexes: number
}

/** Makes present all that a manifest refers to. */
async function copyContent(copy: Copy, { content }: StoredManifest, call: RegistryCall | undefined, depth: number) {
  if (!isIndex(content)) return copyBlobs(copy, content, call)
  if (depth > LIMITS.indexDepth) throw tooLarge(copy, `nested more than ${LIMITS.indexDepth} deep`)
  await allOrNone(onePerDigest(content.manifests), call, (child, childCall) => {
    // Once: indexes that all list the same ones would multiply what there is to do, level by level.
    const started = copy.started.get(child.digest)
    if (started !== undefined) return started
    if (isIndexType(child.mediaType)) countIndex(copy)
    const copying = copyChild(copy, child, childCall, depth)
    copy.started.set(child.digest, copying)
    return copying
  })
}

function countIndex(copy: Copy): void {
  copy.indexes += 1
  if (copy.indexes > LIMITS.indexes) throw tooLarge(copy, `made of more than ${LIMITS.indexes} indexes`)
}

async function copyChild(copy: Copy, child: Descriptor, call: RegistryCall, depth: number): Promise<void> {
  const there = await isThere(copy, child, call)
  if (there && !isIndexType(child.mediaType)) return
  const source = await getExisting(copy.registry, { ...copy.from, digest: child.digest }, call)
  await copyContent(copy, source, call, depth + 1)
  if (!there) await copy.registry.putManifest({ ...copy.to, digest: child.digest }, source, call)
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

async function isThere(
  { registry, to }: Copy,
  { digest }: Descriptor,
  call: RegistryCall | undefined,
): Promise<boolean> {
  return (await registry.resolve({ ...to, digest }, { ...call, fresh: true })) !== undefined
}

function tooLarge({ from }: Copy, how: string): RegistryError {
  return new RegistryError('MANIFEST_UNSUPPORTED', `an index of ${formatRepository(from)} is ${how}`, {
    hint: 'name an index that lists its images itself',
  })
}
