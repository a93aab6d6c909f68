import { findRemovedPlatforms, readCurrent, removalRefused, type TagUpdate } from '../../execute/removed-platforms.js'
import type { Digest } from '../../model/digest.js'
import type { StoredManifest } from '../../model/oci.js'
import { type Reference, repositoryOf } from '../../model/reference.js'
import { heldBy } from '../../registry/name-state.js'
import type { Registry, RegistryCall } from '../../registry/port.js'

/** Reads what a name that is to be written points to now. A digest is no name: it never points to anything else. */
export async function readNamed(
  target: Reference,
  registry: Registry,
  call: RegistryCall,
): Promise<StoredManifest | undefined> {
  return target.tag === undefined ? undefined : readCurrent(nameIn(target), registry, call)
}

/** The digest that a name points to now, for names whose content need not be readable. */
export async function digestNamed(
  target: Reference,
  registry: Registry,
  call: RegistryCall,
): Promise<Digest | undefined> {
  return target.tag === undefined ? undefined : heldBy(target, registry, call)
}

/** Refuses what would take a platform from a name. @throws RegistryError PLATFORM_MISSING */
export async function refuseRemovals(update: TagUpdate, registry: Registry, call: RegistryCall): Promise<void> {
  const reference = nameIn(update.reference)
  const removed = await findRemovedPlatforms({ ...update, reference }, registry, call)
  if (removed.length === 0) return
  throw removalRefused(reference, removed, 'add an image for it, or set allowRemoval to remove it')
}

/** Refuses the same of what a name has come to point to since it was read. @throws RegistryError PLATFORM_MISSING */
export async function refuseNewRemovals(update: TagUpdate, registry: Registry, call: RegistryCall): Promise<void> {
  const { reference, current: before } = update
  if (reference.tag === undefined) return
  if ((await heldBy(reference, registry, call)) === before?.descriptor.digest) return
  const current = await readNamed(reference, registry, call)
  await refuseRemovals({ ...update, current }, registry, call)
}

function nameIn(target: Reference): Reference {
  const { tag } = target
  return { ...repositoryOf(target), ...(tag !== undefined && { tag }) }
}
