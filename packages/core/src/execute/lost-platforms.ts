import { isAttestation, isIndex, type StoredManifest } from '../model/oci.js'
import { type Platform, platformIdentity } from '../model/platform.js'
import type { Reference, Repository } from '../model/reference.js'
import { isImage, readImageConfig } from '../registry/image-config.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { statedPlatform } from '../steps/registry-base.js'

/** A name, what it points to, and what it is to point to next. */
export interface Succession {
  readonly reference: Reference
  /** Undefined where there is nothing. */
  readonly current: StoredManifest | undefined
  readonly next: StoredManifest
  /** Where the next one is now, if not in the name's repository yet. */
  readonly nextAt?: Repository
}

/** What a name points to now, as {@link Succession} has it. */
export function readCurrent(
  reference: Reference,
  registry: Registry,
  call: RegistryCall,
): Promise<StoredManifest | undefined> {
  return registry.getManifest(reference, { ...call, fresh: true })
}

/** The platforms that a name would lose. */
export async function findLostPlatforms(
  { reference, current, next, nextAt = reference }: Succession,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Platform[]> {
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
