import { codeOrFlag, RegistryError } from '../model/errors.js'
import { isAttestation, isIndex, type StoredManifest } from '../model/oci.js'
import { type Platform, platformIdentity } from '../model/platform.js'
import { formatReference, type Reference, type Repository } from '../model/reference.js'
import { isImage, readImageConfig, statedPlatform } from '../registry/image-config.js'
import { readIndexContent } from '../registry/manifests/index-entries.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** A name with its current and its next manifest. */
export interface TagUpdate {
  readonly reference: Reference
  /** Undefined if the name does not exist. */
  readonly current: StoredManifest | undefined
  readonly next: StoredManifest
  /** Location of the next manifest, if it is not in the name's repository yet. */
  readonly nextAt?: Repository
}

/** Reads the manifest that a name points to, for {@link TagUpdate}. */
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
  // An entry without a version serves all versions.
  return had.filter(
    (platform) => !kept.has(servedBy(platform)) && !kept.has(servedBy({ ...platform, 'os.version': '' })),
  )
}

/**
 * The error for a tag update that would remove platforms.
 *
 * @param keep - the phrase of the hint that says how to keep the platforms.
 */
export function removalRefused(reference: Reference, removed: readonly Platform[], keep: string): RegistryError {
  const message = `${formatReference(reference)} would lose ${removed.map(platformIdentity).join(', ')}`
  const hint = `${keep}, or allow the removal: ${codeOrFlag('allowRemoval: true', '--allow-removal')}`
  return new RegistryError('PLATFORM_MISSING', message, { hint })
}

/** Identity of the machines that a platform serves: for Windows, revisions of the same build replace each other. */
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
