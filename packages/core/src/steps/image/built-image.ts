import type { ImageFormat } from '../../definition/declare/declaration.js'
import { RegistryError } from '../../model/errors.js'
import {
  type Annotations,
  type Descriptor,
  encodeManifest,
  type ImageConfig,
  type ImageManifest,
  isIndex,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../model/oci.js'
import { formatPlatform, type Platform, samePlatform } from '../../model/platform.js'
import { formatReference, type Reference, repositoryOf } from '../../model/reference.js'
import { readImageConfig, statedPlatform } from '../../registry/image-config.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { findImage } from '../../registry/select-platform.js'
import { KEY_ANNOTATION } from '../key.js'

/**
 * Finds the image in a pushed result: engines with the containerd image store push an index with an attestation even
 * for one platform.
 *
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING
 */
export async function readPushedImage(
  reference: Reference,
  platform: Platform,
  registry: Registry,
  call: RegistryCall,
): Promise<StoredManifest> {
  const pushed = await registry.getManifest(reference, call)
  if (pushed === undefined) {
    throw new RegistryError('NOT_FOUND', `${formatReference(reference)} does not exist after the builder pushed it`)
  }
  if (!isIndex(pushed.content)) return pushed
  const entry = findImage(pushed.content, [platform])
  const child = entry && (await registry.getManifest({ ...repositoryOf(reference), digest: entry.digest }, call))
  if (child === undefined) {
    throw new RegistryError(
      'PLATFORM_MISSING',
      `the builder pushed ${formatReference(reference)} without ${formatPlatform(platform)}`,
    )
  }
  return child
}

/**
 * Compares the config of a built image with the requested platform.
 *
 * @returns the config.
 * @throws RegistryError PLATFORM_MISMATCH
 */
export async function checkBuiltImage(
  { content, reference }: StoredManifest & { readonly reference: Reference },
  platform: Platform,
  registry: Registry,
  call: RegistryCall,
): Promise<ImageConfig> {
  if (isIndex(content)) throw new TypeError('a built image is a single manifest')
  const config = await readImageConfig(registry, reference, content, call)
  const stated = statedPlatform(config)
  if (stated !== undefined && samePlatform(stated, platform)) return config
  const actual = stated === undefined ? 'no platform' : formatPlatform(stated)
  throw new RegistryError('PLATFORM_MISMATCH', `the builder built ${actual} instead of ${formatPlatform(platform)}`, {
    hint: 'check the --platform flags in the Dockerfile: the last stage must be for the target platform',
  })
}

const OCI_TYPES: ReadonlyMap<string, string> = new Map([
  [MEDIA_TYPES.dockerConfig, MEDIA_TYPES.ociConfig],
  [MEDIA_TYPES.dockerLayerGzip, MEDIA_TYPES.ociLayerGzip],
])

/** The published manifest of an image: over the same blobs; as an OCI manifest, with its key and base. */
export function keptManifest(pushed: StoredManifest, format: ImageFormat, annotations: Annotations): StoredManifest {
  if (format === 'docker' || isIndex(pushed.content)) return pushed
  const { config, layers, annotations: own }: ImageManifest = pushed.content
  return encodeManifest(
    {
      schemaVersion: 2,
      config: asOci(config),
      layers: layers.map(asOci),
      annotations: { ...own, ...annotations },
    },
    MEDIA_TYPES.ociManifest,
  )
}

function asOci({ mediaType, ...rest }: Descriptor): Descriptor {
  return { ...rest, mediaType: OCI_TYPES.get(mediaType) ?? mediaType }
}

/** Whether a manifest under a key tag is complete; one pushed by the builder must be rewritten if the format is OCI. */
export function isComplete({ content }: StoredManifest, format: ImageFormat, key: string): boolean {
  if (isIndex(content)) return false
  return format === 'docker' || content.annotations?.[KEY_ANNOTATION] === key
}
