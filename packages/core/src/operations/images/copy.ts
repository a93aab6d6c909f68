import { checkLayoutType } from '../../layout/layout-manifests.js'
import { DefinitionError, type Issue } from '../../model/errors.js'
import type { Descriptor, StoredManifest } from '../../model/oci.js'
import { type Platform, parsePlatform, unreadablePlatform } from '../../model/platform.js'
import { copyManifest } from '../../registry/copy/copy.js'
import type { CopiedReferrer } from '../../registry/copy/copy-referrers.js'
import { checkOptions, IMAGE_OPTIONS, type OptionNames } from '../option-names.js'
import type { ImageOptions } from '../options.js'
import { onChosenRegistry } from '../runs/chosen-names.js'
import { readNamed, refuseRemovals } from '../runs/removed-platforms.js'
import { imageNamed, isLayout, openImages, readName, readNewName } from './named-image.js'

/** Options of {@link copy}. */
export interface CopyOptions extends ImageOptions {
  /** Only these platforms: `linux/arm/v7`. The index then has another digest. */
  readonly platforms?: readonly string[]
  /**
   * Whether signatures, SBOMs and other artifacts that refer to the image, or to an image of the index, are copied too.
   * Default true.
   */
  readonly referrers?: boolean
  /** Allows removing a platform that the name has now. */
  readonly allowRemoval?: boolean
}

const COPY_OPTIONS: OptionNames<CopyOptions> = {
  ...IMAGE_OPTIONS,
  platforms: 'array',
  referrers: 'boolean',
  allowRemoval: 'boolean',
}

/** Result of {@link copy}: the target's descriptor, what was copied with it, and what was not. */
export interface CopyResult extends Pick<Descriptor, 'digest' | 'mediaType' | 'size'> {
  /** The copied referrers. */
  readonly referrers: readonly CopiedReferrer[]
  /** Notes on content that was not copied: layers that clients download elsewhere, signatures of a whole index. */
  readonly notes: readonly string[]
}

/** Copies an image or an index with everything that it refers to, and with its referrers. */
export async function copy(from: string, to: string, options: CopyOptions = {}): Promise<CopyResult> {
  checkOptions('copy', options, COPY_OPTIONS)
  return onChosenRegistry(options.registry, (placed) => copyNamed(placed(from), placed(to), options))
}

async function copyNamed(from: string, to: string, options: CopyOptions): Promise<CopyResult> {
  const source = imageNamed(readName(from, 'copy(from)'))
  const target = readNewName(to, 'copy(to)')
  const platforms = options.platforms && readPlatforms(options.platforms)
  await using images = openImages(options)
  const call = { signal: options.signal }
  // Both are checked before anything is copied: the name is written last, and would be rejected only then.
  const validate = async (manifest: StoredManifest) => {
    if (isLayout(target)) checkLayoutType(target, manifest.descriptor)
    if (options.allowRemoval) return
    const current = await readNamed(target, images, call)
    await refuseRemovals({ reference: target, current, next: manifest, nextAt: source }, images, call)
  }
  const { referrers = true } = options
  const made = await copyManifest(images, source, target, {
    ...(platforms && { platforms }),
    ...{ validate, referrers, ...call },
  })
  const { digest, mediaType, size } = made.descriptor
  return { digest, mediaType, size, referrers: made.referrers, notes: made.notes }
}

function readPlatforms(texts: readonly string[]): readonly Platform[] {
  const issues: Issue[] = []
  const path = 'copy(platforms)'
  if (texts.length === 0) issues.push({ path, message: 'the list is empty', hint: 'remove the option to select all' })
  const platforms = texts.flatMap((text) => {
    const platform = parsePlatform(text)
    if (platform !== undefined) return [platform]
    issues.push({ path, ...unreadablePlatform(text) })
    return []
  })
  if (issues.length > 0) throw new DefinitionError(issues, 'USAGE')
  return platforms
}
