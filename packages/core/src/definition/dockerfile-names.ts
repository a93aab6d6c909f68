import type { DeclaredPipeline } from './declaration.js'

/** Whether a value is what `pipeline(…)` returned. */
export function isPipeline(value: unknown): value is DeclaredPipeline {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'pipeline'
}

/** The names by which a Dockerfile can name the base: that of the shared base or, on another pipeline, that one's names. */
export function baseNamesOf({ declaration: { sharedBase, platforms } }: DeclaredPipeline): readonly string[] {
  if (sharedBase !== undefined) return [sharedBase]
  const bases = platforms.map(({ settings }) => (settings as { readonly base?: unknown }).base)
  return [...new Set(bases)].filter(isPipeline).flatMap(indexNamesOf)
}

/** The names of a pipeline's index, as written; its repository stands for the tag `latest`. */
function indexNamesOf({ declaration: { repository, tags } }: DeclaredPipeline): readonly string[] {
  return [repository, ...tags.map((tag) => (tag.includes('/') ? tag : `${repository}:${tag}`))]
}
