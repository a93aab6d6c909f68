import type { RegistryBaseDefinition } from '../../definition/definition.js'
import { type Digest, digestOf } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import {
  canonicalJson,
  type Descriptor,
  encodeManifest,
  type ImageConfig,
  isIndex,
  type StoredManifest,
} from '../../model/oci.js'
import { formatPlatform, type Platform, samePlatform } from '../../model/platform.js'
import { formatReference, type Reference, repositoryOf } from '../../model/reference.js'
import { statedPlatform } from '../../registry/image-config.js'
import { imageNotFound } from '../../registry/image-not-found.js'
import type { RegistryCall } from '../../registry/port.js'
import { findImage, imagesOf, selectPlatform } from '../../registry/select-platform.js'
import type { StepServices } from '../step.js'
import type { UpstreamManifests } from '../upstream-manifests.js'

/** The image of a published base for a platform. */
export interface ChosenImage {
  /** Repository and digest of the image's manifest. */
  readonly reference: Reference
  readonly descriptor: Descriptor
  /** The manifest, if it has been read. */
  readonly manifest?: StoredManifest
}

/**
 * Selects the image of a reference for a platform: the reference itself if it is a single image, else the matching
 * child of its index.
 *
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING
 */
export async function chooseImage(
  { reference, configPolicy }: RegistryBaseDefinition,
  platform: Platform,
  upstream: UpstreamManifests,
  call: RegistryCall,
): Promise<ChosenImage & { readonly index: Digest }> {
  const found = await upstream.get(reference, call)
  if (found === undefined) {
    throw imageNotFound(`base ${formatReference(reference)} does not exist`)
  }
  const place = repositoryOf(reference)
  if (!isIndex(found.content)) {
    const { descriptor } = found
    const { digest } = descriptor
    return { reference: { ...place, digest }, descriptor, manifest: found, index: digest }
  }
  // An image for an older variant also runs, and is accepted if the declared platform is trusted.
  const child =
    configPolicy === 'trust-declared' ? selectPlatform(found.content, platform) : findImage(found.content, [platform])
  if (child === undefined) {
    const has = imagesOf(found.content).flatMap(({ platform: own }) => (own ? [formatPlatform(own)] : []))
    throw new RegistryError(
      'PLATFORM_MISSING',
      `base ${formatReference(reference)} has no ${formatPlatform(platform)}`,
      {
        hint: `it has ${has.join(', ')}`,
      },
    )
  }
  const { mediaType, digest, size } = child
  return { reference: { ...place, digest }, descriptor: { mediaType, digest, size }, index: found.descriptor.digest }
}

/** A base that was compared with its platform, with the manifest for the shared base's repository. */
export interface CheckedImage {
  readonly manifest: StoredManifest
  readonly config: ImageConfig
  /** The corrected config, if the published one states another platform. */
  readonly corrected?: Uint8Array
  /** The platform that the config states; undefined if it states none. */
  readonly states: Platform | undefined
  /** Set if the policy accepted or corrected a mismatch. */
  readonly note?: string
}

/** A published base and the platform that it is declared for. */
export interface DeclaredBase {
  readonly source: Pick<RegistryBaseDefinition, 'reference' | 'configPolicy'>
  readonly platform: Platform
}

/**
 * Compares the config of an image with the declared platform, and applies the policy.
 *
 * @throws RegistryError PLATFORM_MISMATCH, MANIFEST_UNSUPPORTED
 */
export async function checkImage(
  chosen: ChosenImage,
  { source: { reference, configPolicy }, platform }: DeclaredBase,
  { registry, upstream }: Pick<StepServices, 'registry' | 'upstream'>,
  call: RegistryCall,
): Promise<CheckedImage> {
  const name = formatReference(reference)
  const manifest = chosen.manifest ?? (await registry.getManifest(chosen.reference, call))
  if (manifest === undefined || isIndex(manifest.content)) {
    throw new RegistryError(
      'MANIFEST_UNSUPPORTED',
      `base ${name} lists ${chosen.descriptor.digest}, which is not an image`,
    )
  }
  const config = await upstream.config(chosen.reference, manifest.content, call)
  const states = statedPlatform(config)
  const { note, isWrong } = comparePlatform(states, { reference, configPolicy }, platform)
  const comparison = { states, ...(note !== undefined && { note }) }
  const isCorrected = isWrong && configPolicy === 'fix-config'
  return isCorrected ? { ...corrected(manifest, config, platform), ...comparison } : { manifest, config, ...comparison }
}

/** Result of comparing the platform with that in the base's config. */
export interface PlatformComparison {
  /** Whether it differs from the declared platform. */
  readonly isWrong: boolean
  readonly note?: string
}

/** Compares the platform that a config states with the declared one. @throws RegistryError PLATFORM_MISMATCH */
export function comparePlatform(
  stated: Platform | undefined,
  { reference, configPolicy }: Pick<RegistryBaseDefinition, 'reference' | 'configPolicy'>,
  platform: Platform,
): PlatformComparison {
  if (stated !== undefined && samePlatform(stated, platform)) return { isWrong: false }
  const actual = stated === undefined ? 'nothing' : formatPlatform(stated)
  const disagreement = `base ${formatReference(reference)} is declared as ${formatPlatform(platform)}, but its config states ${actual}`
  switch (configPolicy) {
    case 'require-match':
      throw new RegistryError('PLATFORM_MISMATCH', disagreement, {
        hint: "use an image for that platform; if the config is wrong, set configPolicy: 'trust-declared' or 'fix-config'",
      })
    case 'trust-declared':
      return { isWrong: true, note: `${disagreement}; the declared platform is used` }
    case 'fix-config':
      return { isWrong: true, note: `${disagreement}; the config is corrected` }
  }
}

function corrected(
  manifest: StoredManifest,
  config: ImageConfig,
  platform: Platform,
): Pick<CheckedImage, 'manifest' | 'config' | 'corrected'> {
  const { variant: _stated, ...rest } = config
  const bytes = canonicalJson({ ...rest, ...platform })
  // The embedded `data` is that of the published config.
  const { data: _data, ...descriptor } = { ...('config' in manifest.content && manifest.content.config) } as Descriptor
  const content = {
    ...manifest.content,
    config: { ...descriptor, digest: digestOf(bytes), size: bytes.byteLength },
  }
  return { manifest: encodeManifest(content, manifest.descriptor.mediaType), config, corrected: bytes }
}
