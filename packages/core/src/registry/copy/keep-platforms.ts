import { RegistryError } from '../../model/errors.js'
import {
  attestedBy,
  type Descriptor,
  encodeManifest,
  type ImageManifest,
  isAttestation,
  isIndex,
  type StoredManifest,
} from '../../model/oci.js'
import { formatPlatform, matchesPlatform, type Platform } from '../../model/platform.js'
import { formatReference, type Reference } from '../../model/reference.js'
import { readImageConfig, statedPlatform } from '../image-config.js'
import { readIndexContent } from '../manifests/index-entries.js'
import type { Registry, RegistryCall } from '../port.js'

/**
 * Reduces an index to some platforms with their attestations; returns it unchanged if it has no others. Nested indexes
 * are flattened. A single image is returned unchanged.
 *
 * @throws RegistryError PLATFORM_MISSING if it lacks one of the platforms.
 */
export async function keepPlatforms(
  registry: Registry,
  { reference, manifest }: { readonly reference: Reference; readonly manifest: StoredManifest },
  platforms: readonly Platform[],
  call?: RegistryCall,
): Promise<StoredManifest> {
  const { content, descriptor } = manifest
  if (!isIndex(content)) {
    checkHas(reference, [await platformOf(registry, reference, content, call)], platforms)
    return manifest
  }
  const { entries } = await readIndexContent(registry, reference, manifest, call)
  const listed = entries.map(({ entry }) => entry)
  const images = listed.filter((entry) => !isAttestation(entry))
  checkHas(
    reference,
    images.flatMap(({ platform }) => platform ?? []),
    platforms,
  )
  const kept = new Set<string>(images.filter((entry) => isKept(entry, platforms)).map(({ digest }) => digest))
  const manifests = listed.filter((entry) =>
    isAttestation(entry) ? kept.has(attestedBy(entry)) : isKept(entry, platforms),
  )
  if (manifests.length === listed.length) return manifest
  return encodeManifest({ ...content, manifests }, descriptor.mediaType)
}

async function platformOf(
  registry: Registry,
  reference: Reference,
  content: ImageManifest,
  call: RegistryCall | undefined,
): Promise<Platform> {
  const {
    os = 'linux',
    architecture = 'unknown',
    ...config
  } = await readImageConfig(registry, reference, content, call)
  return statedPlatform({ ...config, os, architecture }) ?? { os, architecture }
}

function isKept({ platform }: Descriptor, platforms: readonly Platform[]): boolean {
  return platform !== undefined && platforms.some((requested) => matchesPlatform(platform, requested))
}

function checkHas(reference: Reference, has: readonly Platform[], platforms: readonly Platform[]): void {
  const lacking = platforms.filter((requested) => !has.some((one) => matchesPlatform(one, requested)))
  if (lacking.length === 0) return
  throw new RegistryError(
    'PLATFORM_MISSING',
    `${formatReference(reference)} has no ${lacking.map(formatPlatform).join(' and no ')}`,
    { hint: `it has ${has.map(formatPlatform).join(', ')}` },
  )
}
