import { isAttestation, isIndex, type StoredManifest } from '../model/oci.js'
import { type Platform, platformIdentity } from '../model/platform.js'
import type { Reference, Repository } from '../model/reference.js'
import { isImage, readImageConfig } from '../registry/image-config.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { statedPlatform } from '../steps/registry-base.js'

/**
 * The platforms that a name has today, and would not have with what it is to point to next.
 *
 * @param nextAt - where that is now, if not in the name's repository yet.
 */
export async function findLostPlatforms(
  reference: Reference,
  next: StoredManifest,
  registry: Registry,
  call: RegistryCall,
  nextAt: Repository = reference,
): Promise<readonly Platform[]> {
  const current = await registry.getManifest(reference, { ...call, fresh: true })
  if (current === undefined || current.descriptor.digest === next.descriptor.digest) return []
  const kept = new Set((await platformsOf(next, nextAt, registry, call)).map(platformIdentity))
  const had = await platformsOf(current, reference, registry, call)
  return had.filter((platform) => !kept.has(platformIdentity(platform)))
}

/** A single image is a list of one. */
async function platformsOf(
  { content }: StoredManifest,
  repository: Repository,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Platform[]> {
  if (isIndex(content)) {
    return content.manifests.filter((entry) => !isAttestation(entry)).flatMap(({ platform }) => platform ?? [])
  }
  if (!isImage(content)) return []
  const stated = statedPlatform(await readImageConfig(registry, repository, content, call))
  return stated === undefined ? [] : [stated]
}
