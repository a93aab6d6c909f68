import { formatReference, parseReference, withDefaultTag } from '../../../model/reference.js'
import { type DeclaredPipeline, isPipeline } from '../../declare/declaration.js'
import { isImageBase } from '../../declare/image-base.js'
import type { PipelineDefinition, PipelineResult, PlatformDefinition, WrittenName } from '../../definition.js'
import { expandPattern } from './names.js'

/**
 * The names for the base in a Dockerfile: that of the shared base or, if the base is a pipeline, the pipeline's names. And
 * the image that is the base of every platform.
 */
export function baseNamesOf({
  declaration: { sharedBase, platforms },
}: DeclaredPipeline): Pick<PipelineDefinition, 'baseNames' | 'baseImage'> {
  const bases = platforms.map(({ settings }) => (settings as { readonly base?: unknown }).base)
  const baseImage = commonImage(bases)
  return {
    baseNames: sharedBase === undefined ? [...new Set(bases)].filter(isPipeline).flatMap(indexNamesOf) : [sharedBase],
    ...(baseImage !== undefined && { baseImage }),
  }
}

/** The image that all bases are. */
function commonImage(bases: readonly unknown[]): string | undefined {
  const images = new Set(bases.map((base) => (isImageBase(base) ? base.reference : undefined)))
  const [image] = images
  return image === undefined || images.size > 1 ? undefined : image
}

/** Returns the names by which pipelines publish, as written. */
export function writtenNamesOf(
  { declaration }: DeclaredPipeline,
  platforms: readonly PlatformDefinition[],
): readonly WrittenName[] {
  const { repository, tags, platformNames, sharedBase } = declaration
  const ownTags = tags.filter((tag) => !tag.includes('/'))
  const ofPlatform = (platform: PlatformDefinition['platform']) =>
    platformNames.flatMap((pattern) => ownTags.map((tag) => expandPattern(pattern, { repository, tag, platform })))
  return [
    ...named('index', writtenTags(declaration)),
    ...named('shared-base', sharedBase === undefined ? [] : [sharedBase]),
    ...platforms.flatMap(({ platform }) => named(platform, ofPlatform(platform))),
  ]
}

function named(result: PipelineResult, written: readonly string[]): readonly WrittenName[] {
  const references = written.flatMap((name) => parseReference(name) ?? [])
  const names = references.map((reference) => formatReference(withDefaultTag(reference)))
  return [...new Set(names)].map((name) => ({ name, result }))
}

/** Returns the names of a pipeline's index, as written; a repository alone means the tag `latest`. */
function indexNamesOf({ declaration }: DeclaredPipeline): readonly string[] {
  return [declaration.repository, ...writtenTags(declaration)]
}

/** A tag with a slash is a name of its own. */
function writtenTags({ repository, tags }: DeclaredPipeline['declaration']): readonly string[] {
  return tags.map((tag) => (tag.includes('/') ? tag : `${repository}:${tag}`))
}
