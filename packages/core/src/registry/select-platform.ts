import { type Descriptor, type ImageIndex, isAttestation } from '../model/oci.js'
import { type Platform, platformsRunBy, samePlatform } from '../model/platform.js'

/** The images of an index: its entries without attestations. */
export function imagesOf(index: ImageIndex): readonly Descriptor[] {
  return index.manifests.filter((entry) => !isAttestation(entry))
}

/** The image of an index for the first of some platforms that it has; undefined if it has none of them. */
export function findImage(index: ImageIndex, platforms: readonly Platform[]): Descriptor | undefined {
  const images = imagesOf(index)
  return platforms
    .map((requested) => images.find((entry) => entry.platform !== undefined && samePlatform(entry.platform, requested)))
    .find((entry) => entry !== undefined)
}

/**
 * The entry of an index that a client takes for a platform: the platform itself, else the newest variant of the same
 * architecture that it also runs, so that `arm/v7` gets `arm/v6` if there is no `arm/v7`.
 *
 * @returns undefined if there is none.
 */
export function selectPlatform(index: ImageIndex, platform: Platform): Descriptor | undefined {
  const runnable = platformsRunBy(platform).filter(({ architecture }) => architecture === platform.architecture)
  return findImage(index, [platform, ...runnable])
}
