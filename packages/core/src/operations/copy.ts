import { checkLayoutType } from '../layout/layout-manifests.js'
import { DefinitionError, type Fault } from '../model/errors.js'
import type { Descriptor, StoredManifest } from '../model/oci.js'
import { type Platform, parsePlatform } from '../model/platform.js'
import { copyManifest } from '../registry/copy.js'
import { readNamed, refuseLosses } from './losses.js'
import { imageNamed, isLayout, openImages, readName, readNewName } from './named-image.js'
import { checkOptions, OPERATION_OPTIONS, type OptionNames } from './option-names.js'
import type { OperationOptions } from './options.js'

/** What {@link copy} takes beside the names. */
export interface CopyOptions extends OperationOptions {
  /** These platforms alone: `linux/arm/v7`. An index then gets other bytes, and another digest. */
  readonly platforms?: readonly string[]
  /** Lets the name lose a platform that it has today. */
  readonly allowRemoval?: boolean
}

const COPY_OPTIONS: OptionNames<CopyOptions> = { ...OPERATION_OPTIONS, platforms: true, allowRemoval: true }

/** Copies an image or an index with all that it refers to. */
export async function copy(from: string, to: string, options: CopyOptions = {}): Promise<Descriptor> {
  checkOptions('copy', options, COPY_OPTIONS)
  const source = imageNamed(readName(from, 'copy(from)'))
  const target = readNewName(to, 'copy(to)')
  const platforms = options.platforms && readPlatforms(options.platforms)
  await using images = openImages(options)
  const call = { signal: options.signal }
  // Both are judged before anything moves: the name is written last, and would be refused only then.
  const judge = async (manifest: StoredManifest) => {
    if (isLayout(target)) checkLayoutType(target, manifest.descriptor)
    if (options.allowRemoval) return
    const current = await readNamed(target, images, call)
    await refuseLosses({ reference: target, current, next: manifest, nextAt: source }, images, call)
  }
  return await copyManifest(images, source, target, { ...(platforms && { platforms }), judge }, call)
}

function readPlatforms(texts: readonly string[]): readonly Platform[] {
  const faults: Fault[] = []
  const path = 'copy(platforms)'
  if (texts.length === 0) faults.push({ path, message: 'there are none', hint: 'leave it out where all are meant' })
  const platforms = texts.flatMap((text) => {
    const platform = parsePlatform(text)
    if (platform !== undefined) return [platform]
    faults.push({ path, message: `'${text}' is not a platform`, hint: "write it as 'linux/arm/v7'" })
    return []
  })
  if (faults.length > 0) throw new DefinitionError(faults, 'USAGE')
  return platforms
}
