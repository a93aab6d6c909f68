import { formatReference, parseReference, type Reference, withDefaultTag } from '../../../model/reference.js'
import { type DeclaredPipeline, isPipeline } from '../../declare/declaration.js'
import type { DockerfileName, PipelineResult, PlatformDefinition } from '../../definition.js'
import { expandPattern } from './names.js'

/** The names by which a Dockerfile can name the base: that of the shared base or, on another pipeline, that one's names. */
export function baseNamesOf({ declaration: { sharedBase, platforms } }: DeclaredPipeline): readonly string[] {
  if (sharedBase !== undefined) return [sharedBase]
  const bases = platforms.map(({ settings }) => (settings as { readonly base?: unknown }).base)
  return [...new Set(bases)].filter(isPipeline).flatMap(indexNamesOf)
}

/** The references that a pipeline publishes. */
export interface PublishedReferences {
  readonly names: readonly Reference[]
  readonly sharedBase: Reference | undefined
  readonly platforms: readonly PlatformDefinition[]
}

/** The names by which a Dockerfile names the results of a pipeline: as written, and as they are pushed. */
export function dockerfileNamesOf(
  { declaration }: DeclaredPipeline,
  { names, sharedBase, platforms }: PublishedReferences,
): readonly DockerfileName[] {
  const { repository, tags, platformNames } = declaration
  const writtenTags = tags.map((tag) => (tag.includes('/') ? tag : `${repository}:${tag}`))
  const ownTags = tags.filter((tag) => !tag.includes('/'))
  const ofPlatform = (platform: PlatformDefinition['platform']) =>
    platformNames.flatMap((pattern) => ownTags.map((tag) => expandPattern(pattern, { repository, tag, platform })))
  return [
    ...named('index', writtenTags, names),
    ...named(
      'shared-base',
      declaration.sharedBase === undefined ? [] : [declaration.sharedBase],
      sharedBase ? [sharedBase] : [],
    ),
    ...platforms.flatMap((one) => named(one.platform, ofPlatform(one.platform), one.names)),
  ]
}

function named(
  result: PipelineResult,
  written: readonly string[],
  references: readonly Reference[],
): readonly DockerfileName[] {
  const read = written.flatMap((name) => parseReference(name) ?? [])
  const names = [...read, ...references].map((reference) => formatReference(withDefaultTag(reference)))
  return [...new Set(names)].map((name) => ({ name, result }))
}

/** Returns the names of a pipeline's index, as written; a repository alone means the tag `latest`. */
function indexNamesOf({ declaration: { repository, tags } }: DeclaredPipeline): readonly string[] {
  return [repository, ...tags.map((tag) => (tag.includes('/') ? tag : `${repository}:${tag}`))]
}
