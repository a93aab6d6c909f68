import { RegistryError } from '../model/errors.js'
import { isAttestation, isIndex, type StoredManifest } from '../model/oci.js'
import { type Platform, platformIdentity } from '../model/platform.js'
import { formatReference, type Reference, type Repository } from '../model/reference.js'
import { isImage, readImageConfig } from '../registry/image-config.js'
import { readIndexContent } from '../registry/manifests/index-entries.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { statedPlatform } from '../steps/base/registry-base.js'

/** A name, what it points to, and what it is to point to next. */
export interface TagUpdate {
  readonly reference: Reference
  /** Undefined where there is nothing. */
  readonly current: StoredManifest | undefined
  readonly next: StoredManifest
  /** Where the next one is now, if not in the name's repository yet. */
  readonly nextAt?: Repository
}

/** What a name points to now, as {@link TagUpdate} has it. */
export function readCurrent(
  reference: Reference,
  registry: Registry,
  call: RegistryCall,
): Promise<StoredManifest | undefined> {
  return registry.getManifest(reference, { ...call, fresh: true })
}

/** The platforms that a name would lose. */
export async function findRemovedPlatforms(
  { reference, current, next, nextAt = reference }: TagUpdate,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Platform[]> {
  if (current === undefined || current.descriptor.digest === next.descriptor.digest) return []
  const kept = new Set((await platformsOf(next, nextAt, registry, call)).map(servedBy))
  const had = await platformsOf(current, reference, registry, call)
  // One that says no version serves all of them.
  return had.filter(
    (platform) => !kept.has(servedBy(platform)) && !kept.has(servedBy({ ...platform, 'os.version': '' })),
  )
}

/** The refusal of what would take platforms from a name; the hint says how it is told that they are meant to go. */
export function removalRefused(reference: Reference, lost: readonly Platform[], hint: string): RegistryError {
  const message = `${formatReference(reference)} would lose ${lost.map(platformIdentity).join(', ')}`
  return new RegistryError('PLATFORM_MISSING', message, { hint })
}

/** What serves the same machines: of Windows, a revision of one build takes the place of another. */
function servedBy(platform: Platform): string {
  const build = platform.os === 'windows' ? /^\d+\.\d+\.\d+/.exec(platform['os.version'] ?? '')?.[0] : undefined
  return platformIdentity(build === undefined ? platform : { ...platform, 'os.version': build })
}

/** A single image is a list of one. */
async function platformsOf(
  manifest: StoredManifest,
  repository: Repository,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Platform[]> {
  const { content } = manifest
  if (isIndex(content)) {
    const { entries } = await readIndexContent(registry, repository, manifest, call)
    return entries.filter(({ entry }) => !isAttestation(entry)).flatMap(({ entry }) => entry.platform ?? [])
  }
  if (!isImage(content)) return []
  const config = await readImageConfig(registry, repository, content, call)
  const { 'os.version': version } = config
  const stated = statedPlatform(config)
  return stated === undefined ? [] : [{ ...stated, ...(version && { 'os.version': version }) }]
}
