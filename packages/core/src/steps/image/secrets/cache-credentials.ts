import type { BuildDefinition } from '../../../definition/declare/build-settings.js'
import type { CacheDefinition } from '../../../definition/declare/cache-options.js'
import type { Environment } from '../../../host/environment.js'
import type { StepCall } from '../../step.js'

/** Attributes that are read from the environment, by type of cache, so that definitions need no credentials. */
const FROM_ENVIRONMENT: Readonly<Record<string, (env: Environment) => Environment>> = {
  gha: ({
    ACTIONS_RUNTIME_TOKEN,
    ACTIONS_CACHE_URL,
    ACTIONS_RESULTS_URL,
    ACTIONS_CACHE_SERVICE_V2: isSecond = '',
  }) => ({
    token: ACTIONS_RUNTIME_TOKEN,
    url: ACTIONS_CACHE_URL || ACTIONS_RESULTS_URL,
    url_v2: /^(?:true|1)$/i.test(isSecond) ? ACTIONS_RESULTS_URL : undefined,
  }),
  s3: ({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_DEFAULT_REGION }) => ({
    access_key_id: AWS_ACCESS_KEY_ID,
    secret_access_key: AWS_SECRET_ACCESS_KEY,
    session_token: AWS_SESSION_TOKEN,
    region: AWS_REGION || AWS_DEFAULT_REGION,
  }),
}

/** Completes caches from the environment. Like docker, it omits caches of type `gha` outside of GitHub Actions. */
export function completeCaches(caches: readonly CacheDefinition[], env: Environment): readonly CacheDefinition[] {
  return caches.map((cache) => complete(cache, env)).filter((cache) => !isElsewhere(cache))
}

/** Adds a note if caches of GitHub Actions are omitted. */
export function noteLeftOutCaches(
  { cacheFrom, cacheTo }: Pick<BuildDefinition, 'cacheFrom' | 'cacheTo'>,
  env: Environment,
  call: StepCall,
): void {
  const caches = [...cacheFrom, ...cacheTo]
  if (completeCaches(caches, env).length === caches.length) return
  call.onEvent?.({ kind: 'note', message: NO_ACTIONS })
}

const NO_ACTIONS =
  'caches of type gha are skipped: ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL of GitHub Actions are not set'

function complete({ type, attributes }: CacheDefinition, env: Environment): CacheDefinition {
  const found = Object.entries(FROM_ENVIRONMENT[type]?.(env) ?? {}).filter((one): one is [string, string] => !!one[1])
  return { type, attributes: { ...Object.fromEntries(found), ...attributes } }
}

function isElsewhere({ type, attributes: { token, url, url_v2: url2 } }: CacheDefinition): boolean {
  return type === 'gha' && !(token && (url || url2))
}
