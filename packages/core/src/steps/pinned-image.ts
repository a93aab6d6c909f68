import type { ExternalImage } from '../dockerfile/analysis.js'
import type { Replacement } from '../dockerfile/pin.js'
import type { LockedImage } from '../lock/lock-entry.js'
import type { Digest } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { isIndex, type StoredManifest } from '../model/oci.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import { formatReference, parseReference, type Reference, repositoryOf } from '../model/reference.js'
import { imagesOf, selectPlatform } from '../registry/select-platform.js'
import { lineWrong } from './locked-base.js'
import type { StepCall, World } from './step.js'

/** An image that the Dockerfile names beside the base, pinned. */
export interface PinnedImage {
  /** The whole name, as the Dockerfile has it. */
  readonly name: string
  /** What of it decides the result: the platform's own image, so that a change for another platform changes nothing here. */
  readonly decisive: Digest
  /** The pinned name in place of the written one: an index by the digest of the index, so that one text serves all platforms. */
  readonly replacements: readonly Replacement[]
  /** The line of the lock that it was taken from. */
  readonly locked?: LockedImage
}

/**
 * Compares images that were pinned by the lock with their registry: the build pulls the index, and the key has the image.
 *
 * @throws DefinitionError LOCK_INVALID
 */
export async function verifyPinnedImages(
  images: readonly PinnedImage[],
  { outside }: Pick<World, 'outside'>,
  call: StepCall,
): Promise<void> {
  await Promise.all(
    images.map(async ({ locked }) => {
      const reference = locked && parseReference(locked.name)
      if (locked === undefined || reference === undefined || locked.index === locked.image) return
      const found = await outside.get({ ...repositoryOf(reference), digest: locked.index }, call)
      if (found === undefined) throw lineWrong(locked, `${locked.index} does not exist`)
      const { content } = found
      const child = isIndex(content) ? selectPlatform(content, locked.platform) : undefined
      if (child?.digest === locked.image) return
      throw lineWrong(locked, `${locked.index} has no such image ${locked.image}`)
    }),
  )
}

/**
 * Pins an image that a Dockerfile names to what it is now.
 *
 * @throws RegistryError NOT_FOUND, PLATFORM_MISSING
 */
export async function pinImage(
  { name, places, isForTarget }: ExternalImage,
  platform: Platform,
  { outside, lock }: World,
  call: StepCall,
): Promise<PinnedImage> {
  const reference = parseReference(name)
  if (reference === undefined) throw new TypeError(`'${name}' was a reference a moment ago`)
  const pinnedAt = (index: Digest, image: Digest): PinnedImage => {
    const text = formatReference({ ...reference, digest: index })
    return { name, decisive: isForTarget ? image : index, replacements: places.map((place) => ({ place, text })) }
  }
  const locked = lock.find('image', name, platform)
  if (locked !== undefined) return { ...pinnedAt(locked.index, locked.image), locked }
  const found = await outside.get(reference, call)
  if (found === undefined) {
    throw new RegistryError('NOT_FOUND', `the Dockerfile names ${name}, which does not exist`, {
      hint: 'look at the name and the tag; a private repository may also look like this without a login',
    })
  }
  const index = found.descriptor.digest
  const image = isForTarget ? childFor(reference, found, platform) : index
  lock.record({ kind: 'image', name, platform, index, image })
  return pinnedAt(index, image)
}

function childFor(reference: Reference, { content, descriptor }: StoredManifest, platform: Platform): Digest {
  if (!isIndex(content)) return descriptor.digest
  const child = selectPlatform(content, platform)
  if (child !== undefined) return child.digest
  const has = imagesOf(content).flatMap((entry) => (entry.platform ? [formatPlatform(entry.platform)] : []))
  throw new RegistryError(
    'PLATFORM_MISSING',
    `the Dockerfile names ${formatReference(reference)}, which has no ${formatPlatform(platform)}`,
    { hint: `it has ${has.join(', ')}; a stage that runs on the builder says --platform=$BUILDPLATFORM` },
  )
}
