import { findRemovedPlatforms, readCurrent, removalRefused, type TagUpdate } from '../../execute/removed-platforms.js'
import type { Digest } from '../../model/digest.js'
import type { StoredManifest } from '../../model/oci.js'
import { type Reference, repositoryOf } from '../../model/reference.js'
import { heldBy } from '../../registry/name-state.js'
import type { Registry, RegistryCall } from '../../registry/port.js'

/** Reads the current manifest of a name to be written; undefined for a digest. */
export async function readNamed(
  target: Reference,
  registry: Registry,
  call: RegistryCall,
): Promise<StoredManifest | undefined> {
  return target.tag === undefined ? undefined : readCurrent(nameIn(target), registry, call)
}

/** The current digest of a name; its content need not be readable. */
export async function digestNamed(
  target: Reference,
  registry: Registry,
  call: RegistryCall,
): Promise<Digest | undefined> {
  return target.tag === undefined ? undefined : heldBy(target, registry, call)
}

/** Rejects an update that removes a platform from a name. @throws RegistryError PLATFORM_MISSING */
export async function refuseRemovals(update: TagUpdate, registry: Registry, call: RegistryCall): Promise<void> {
  const reference = nameIn(update.reference)
  const removed = await findRemovedPlatforms({ ...update, reference }, registry, call)
  if (removed.length === 0) return
  throw removalRefused(reference, removed, 'add an image for it')
}

/** Repeats the check with the current manifest of the name. @throws RegistryError PLATFORM_MISSING */
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
