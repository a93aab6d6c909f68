import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../../model/errors.js'
import { isMissing } from '../../model/is-missing.js'
import type { CredentialStore, Credentials } from '../port.js'
import type { HelperCall } from './credential-helper.js'
import {
  type DockerConfig,
  dockerConfigFolder,
  dockerLogins,
  hostOfKey,
  type Json,
  parseAuthVariable,
  parseConfigObject,
} from './docker-config-file.js'
import { type DockerProxies, parseProxies } from './docker-proxies.js'

/** Options of {@link dockerConfigCredentials}. */
export interface DockerCredentialsOptions {
  /** The path of `config.json`; by default in `DOCKER_CONFIG`, else in `.docker` of the home folder. */
  readonly file?: string
  /** The environment variables to use, read when the store is created; `process.env` by default. */
  readonly env?: NodeJS.ProcessEnv
}

/** Docker's configuration on this machine. `config.json` is read once, by the first call that needs it. */
export interface DockerConfiguration {
  readonly credentials: CredentialStore
  /** Returns the proxies of builds. @throws RegistryError CREDENTIALS_UNREADABLE */
  proxies(): Promise<DockerProxies>
}

/** Opens docker's configuration; a missing `config.json` counts as an empty one. Reads nothing yet. */
export function openDockerConfiguration(env: NodeJS.ProcessEnv, file = dockerConfigPath(env)): DockerConfiguration {
  // As docker does, an invalid value is ignored; `doctor` reports it.
  const fromVariable = parseAuthVariable(env['DOCKER_AUTH_CONFIG'] ?? '')
  let reading: Promise<Json> | undefined
  const read = () => {
    reading ??= readConfigObject(file)
    return reading
  }
  let logins: Promise<DockerConfig> | undefined
  return {
    credentials: {
      async find(key, call) {
        const host = hostOfKey(key)
        const login = fromVariable?.get(host)
        if (login !== undefined) return login
        logins ??= read().then(dockerLogins)
        return findIn(await logins, host, { env, signal: call?.signal })
      },
    },
    proxies: () => read().then(parseProxies),
  }
}

/**
 * Docker's logins, as docker finds them: in `DOCKER_AUTH_CONFIG`, else with the credential helper that `config.json`
 * names for the host, else in `config.json` itself. Reads the file with the first lookup; without a file there are no logins.
 *
 * @example
 * ```ts
 * createRegistry({ credentials: dockerConfigCredentials({ file: '/run/secrets/config.json' }) })
 * ```
 */
export function dockerConfigCredentials({ file, env = process.env }: DockerCredentialsOptions = {}): CredentialStore {
  return openDockerConfiguration(env, file).credentials
}

/** The path of docker's `config.json`. */
function dockerConfigPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(dockerConfigFolder(env), 'config.json')
}

async function readConfigObject(file: string): Promise<Json> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (isMissing(cause)) return ''
    throw new RegistryError('CREDENTIALS_UNREADABLE', `${file} cannot be read`, { cause })
  })
  const config = parseConfigObject(text)
  if (config !== undefined) return config
  throw new RegistryError('CREDENTIALS_UNREADABLE', `${file} is not a JSON object`, {
    hint: 'correct or remove it; `docker login` writes a new one',
  })
}

/** As docker does: the logins of the file serve only hosts without a helper. */
async function findIn(
  { logins, helpers, store }: DockerConfig,
  host: string,
  call: HelperCall,
): Promise<Credentials | undefined> {
  const helper = helpers.get(host) ?? store
  if (!helper) return logins.get(host)
  const { runCredentialHelper: runHelper } = await import('./credential-helper.js')
  return runHelper(helper, host, call)
}
