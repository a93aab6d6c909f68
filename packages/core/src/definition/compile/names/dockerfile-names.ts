import { formatReference, parseReference, withDefaultTag } from '../../../model/reference.js'
import { type DeclaredPipeline, isPipeline } from '../../declare/declaration.js'
import type { PipelineResult, PlatformDefinition, WrittenName } from '../../definition.js'
import { expandPattern } from './names.js'

/**
 * The names for the base in a Dockerfile: that of the shared base or, if the base is a pipeline, the pipeline's names.
 */
export function baseNamesOf({ declaration: { sharedBase, platforms } }: DeclaredPipeline): readonly string[] {
  if (sharedBase !== undefined) return [sharedBase]
  const bases = platforms.map(({ settings }) => (settings as { readonly base?: unknown }).base)
  return [...new Set(bases)].filter(isPipeline).flatMap(indexNamesOf)
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
