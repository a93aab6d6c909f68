import { findLostPlatforms } from '../execute/lost-platforms.js'
import { RegistryError } from '../model/errors.js'
import type { StoredManifest } from '../model/oci.js'
import { formatPlatform } from '../model/platform.js'
import { formatReference, type Reference, type Repository, repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/**
 * Refuses what would take a platform from a name.
 *
 * @param nextAt - where the next manifest is now.
 * @throws RegistryError PLATFORM_MISSING
 */
export async function refuseLosses(
  target: Reference,
  next: StoredManifest,
  nextAt: Repository,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const { tag } = target
  if (tag === undefined) return
  const name = { ...repositoryOf(target), tag }
  const lost = await findLostPlatforms(name, next, registry, call, nextAt)
  if (lost.length === 0) return
  const message = `${formatReference(name)} would lose ${lost.map(formatPlatform).join(', ')}`
  throw new RegistryError('PLATFORM_MISSING', message, {
    hint: 'bring an image for it too, or say allowRemoval where it is meant to go',
  })
}
