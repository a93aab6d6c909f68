import { formatPlatform } from '../../model/platform.js'
import type { CacheDefinition } from '../declare/cache-options.js'
import type { PipelineDefinition } from '../definition.js'
import type { Issues } from '../issues.js'

/** The attributes of a cache's destination, by type. Builds with the same destination overwrite each other's cache. */
const DESTINATION: Readonly<Record<string, readonly string[]>> = {
  registry: ['ref'],
  local: ['dest', 'tag'],
  gha: ['scope'],
  s3: ['bucket', 'prefix', 'manifests_prefix', 'name'],
  azblob: ['account_url', 'container', 'prefix', 'manifests_prefix', 'name'],
}

/** Adds an issue for each destination that two builds write to: the last one would overwrite the other. */
export function checkDestinations(pipelines: readonly PipelineDefinition[], issues: Issues): void {
  const builds = pipelines.flatMap(({ path, platforms }) =>
    platforms.map(({ platform, build }) => ({ path: `${path}.build`, platform, build })),
  )
  const seen = new Map<string, string>()
  for (const { path, platform, build } of builds) {
    for (const cache of build.cacheTo.filter(({ type }) => type in DESTINATION)) {
      const own = `${path} ${formatPlatform(platform)}`
      const other = seen.get(destinationOf(cache))
      seen.set(destinationOf(cache), own)
      if (other === undefined) continue
      const message = `${formatPlatform(platform)} and ${other.split(' ').at(-1)} export their caches to the same destination (type=${cache.type})`
      issues.add(`${path}.cacheTo`, message, EXAMPLES[cache.type])
    }
  }
}

const EXAMPLES: Readonly<Record<string, string>> = {
  registry: 'set one per platform: cacheTo: ({ architecture }) => [`type=registry,ref=…:cache-${architecture}`]',
  local: 'set one per platform: cacheTo: ({ architecture }) => [`type=local,dest=cache/${architecture}`]',
  gha: 'set one per platform: cacheTo: ({ architecture }) => [`type=gha,scope=${architecture}`]',
  s3: 'set one per platform: cacheTo: ({ architecture }) => [`type=s3,…,name=${architecture}`]',
  azblob: 'set one per platform: cacheTo: ({ architecture }) => [`type=azblob,…,name=${architecture}`]',
}

function destinationOf({ type, attributes }: CacheDefinition): string {
  return JSON.stringify([type, ...(DESTINATION[type] ?? []).map((name) => attributes[name] ?? '')])
}
