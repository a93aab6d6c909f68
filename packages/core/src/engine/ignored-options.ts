import { type ApiVersion, compareApiVersions } from './api-version.js'
import type { BuildRequest, EngineInfo } from './port.js'

/** The first API, of engine 23, whose BuildKit is told of these; before it they are dropped without a word. */
const LIMITS_API: ApiVersion = '1.42'

/** The options of a build that an engine would take and ignore. */
export function ignoredOptions(
  { apiVersion }: EngineInfo,
  { shmSize, ulimits = [] }: Pick<BuildRequest, 'shmSize' | 'ulimits'>,
): readonly string[] {
  if (compareApiVersions(apiVersion as ApiVersion, LIMITS_API) >= 0) return []
  return [...(shmSize === undefined ? [] : ['shmSize']), ...(ulimits.length === 0 ? [] : ['ulimits'])]
}
