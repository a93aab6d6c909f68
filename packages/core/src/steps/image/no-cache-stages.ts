import type { BuildDefinition } from '../../definition/declare/build-settings.js'
import { suggest } from '../../definition/issues.js'
import type { Dockerfile, DockerfileIssue } from '../../dockerfile/dockerfile.js'

/** Issues for names in `noCacheFilter` that no stage has: BuildKit would ignore them silently. */
export function noCacheIssues(
  { stages }: Pick<Dockerfile, 'stages'>,
  { noCache }: Pick<BuildDefinition, 'noCache'>,
): readonly DockerfileIssue[] {
  if (typeof noCache === 'boolean') return []
  const names = stages.flatMap(({ name }) => name ?? [])
  return noCache
    .filter((filter) => !names.includes(filter.toLowerCase()))
    .map((filter) => ({
      message: `noCacheFilter names '${filter}', which is not a stage`,
      hint: suggest(filter, names),
    }))
}
