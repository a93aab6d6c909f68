import type { ExternalImage } from '../../../dockerfile/analysis.js'
import type { Span } from '../../../dockerfile/dockerfile.js'
import type { LockedImage } from '../../../lock/lock-entry.js'
import { wrongLine } from '../../../lock/lock-file.js'
import type { Digest } from '../../../model/digest.js'
import { RegistryError } from '../../../model/errors.js'
import { isIndex, type StoredManifest } from '../../../model/oci.js'
import { formatPlatform, type Platform } from '../../../model/platform.js'
import { formatReference, parseReference, type Reference, repositoryOf } from '../../../model/reference.js'
import { imageNotFound } from '../../../registry/image-not-found.js'
import { imagesOf, selectPlatform } from '../../../registry/select-platform.js'
import type { StepCall, StepServices } from '../../step.js'

/** The current digests of an image name. */
export interface ResolvedImageName {
  /** Digest of the index, or of the only image. */
  readonly index: Digest
  /** Digest of the platform's own image; the same as `index` if the image is used for other platforms too. */
  readonly image: Digest
}

/** An image, other than the base, that the Dockerfile names, pinned. */
export interface PinnedImage extends ResolvedImageName {
  /** The full name, as BuildKit requests it. */
  readonly name: string
  /** The name with the digest of the index, equal for all platforms. */
  readonly pinned: string
  /** Positions of the name in the Dockerfile. */
  readonly places: readonly Span[]
  /** The line of the lock that pins it. */
  readonly locked?: LockedImage
}

/**
 * Compares images pinned by the lock with their registry, because the lock may have been edited.
 *
 * @throws DefinitionError LOCK_INVALID
 */
export async function verifyPinnedImages(
  images: readonly PinnedImage[],
  { upstream }: Pick<StepServices, 'upstream'>,
  call: StepCall,
): Promise<void> {
  await Promise.all(
    images.map(async ({ locked }) => {
      const reference = locked && parseReference(locked.name)
      if (locked === undefined || reference === undefined || locked.index === locked.image) return
      const found = await upstream.get({ ...repositoryOf(reference), digest: locked.index }, call)
      if (found === undefined) throw wrongLine(locked, `${locked.index} does not exist`)
      const { content } = found
      const child = isIndex(content) ? selectPlatform(content, locked.platform) : undefined
      if (child?.digest === locked.image) return
      throw wrongLine(locked, `${locked.index} has no such image ${locked.image}`)
    }),
  )
}

/**
 * Pins an image that a Dockerfile names to its current digest.
 *
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING
 */
export async function pinImage(
  image: ExternalImage,
  platform: Platform,
  services: StepServices,
  call: StepCall,
): Promise<PinnedImage> {
  const { name, places } = image
  const reference = referenceOf(name)
  const resolved = await resolveImageName(image, platform, services, call)
  if (resolved === undefined) {
    throw imageNotFound(`the Dockerfile names ${name}, which does not exist`)
  }
  const locked = services.lock.find('image', name, platform)
  const pinned = formatReference({ ...reference, digest: resolved.index })
  return { name, places, ...resolved, pinned, ...(locked !== undefined && { locked }) }
}

/**
 * Resolves an image name, by the lock or else from its registry.
 *
 * @returns undefined if there is no such image.
 * @throws RegistryError PLATFORM_MISSING
 */
export async function resolveImageName(
  { name, isForTarget }: Pick<ExternalImage, 'name' | 'isForTarget'>,
  platform: Platform,
  { upstream, lock }: StepServices,
  call: StepCall,
): Promise<ResolvedImageName | undefined> {
  const locked = lock.find('image', name, platform)
  if (locked !== undefined) return { index: locked.index, image: isForTarget ? locked.image : locked.index }
  const reference = referenceOf(name)
  const found = await upstream.get(reference, call)
  if (found === undefined) return undefined
  const index = found.descriptor.digest
  const image = isForTarget ? namedChild(reference, found, platform) : index
  lock.record({ kind: 'image', name, platform, index, image })
  return { index, image }
}

/**
 * Returns the digests of an image that a build resolved: the resolved one, and that of the platform's own image if the
 * image is used for that platform only.
 */
export async function resolvedDigest(
  { name, digest, isForTarget }: Pick<ExternalImage, 'name' | 'isForTarget'> & { readonly digest: Digest },
  platform: Platform,
  { upstream }: StepServices,
  call: StepCall,
): Promise<ResolvedImageName> {
  const reference = { ...referenceOf(name), digest }
  const found = isForTarget ? await upstream.get(reference, call) : undefined
  return { index: digest, image: found === undefined ? digest : namedChild(reference, found, platform) }
}

/** Parses the full name of an image. */
export function referenceOf(name: string): Reference {
  const reference = parseReference(name)
  if (reference === undefined) throw new TypeError(`reference '${name}' is not valid`)
  return reference
}

function namedChild(reference: Reference, found: StoredManifest, platform: Platform): Digest {
  return childFor(`the Dockerfile names ${formatReference(reference)}`, found, platform)
}

/**
 * The image of a platform in an index. @param what - the origin of the index, for messages. @throws RegistryError
 * PLATFORM_MISSING
 */
export function childFor(what: string, { content, descriptor }: StoredManifest, platform: Platform): Digest {
  if (!isIndex(content)) return descriptor.digest
  const child = selectPlatform(content, platform)
  if (child !== undefined) return child.digest
  const has = imagesOf(content).flatMap((entry) => (entry.platform ? [formatPlatform(entry.platform)] : []))
  throw new RegistryError('PLATFORM_MISSING', `${what}, which has no ${formatPlatform(platform)}`, {
    hint: `its platforms are ${has.join(', ')}; use --platform=$BUILDPLATFORM for a stage that runs on the builder`,
  })
}
