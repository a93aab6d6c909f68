import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RegistryError } from '../../model/errors.js'
import { isMissing } from '../../model/is-missing.js'
import type { CredentialStore, Credentials } from '../port.js'
import {
  type DockerConfig,
  dockerConfigFolder,
  hostOfKey,
  parseAuthVariable,
  parseDockerConfig,
} from './docker-config-file.js'

/** Options of {@link dockerConfigCredentials}. */
export interface DockerCredentialsOptions {
  /** The path of `config.json`; by default in `DOCKER_CONFIG`, else in `.docker` of the home folder. */
  readonly file?: string
  /** The environment variables to use, read when the store is created; `process.env` by default. */
  readonly env?: NodeJS.ProcessEnv
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
export function dockerConfigCredentials(options: DockerCredentialsOptions = {}): CredentialStore {
  const env = options.env ?? process.env
  const file = options.file ?? dockerConfigPath(env)
  // As docker does, an invalid value is ignored; `doctor` reports it.
  const fromVariable = parseAuthVariable(env['DOCKER_AUTH_CONFIG'] ?? '')
  let config: Promise<DockerConfig> | undefined
  return {
    async find(key) {
      const host = hostOfKey(key)
      const login = fromVariable?.get(host)
      if (login !== undefined) return login
      config ??= readConfig(file)
      return findIn(await config, host, env)
    },
  }
}

/** The path of docker's `config.json`. */
export function dockerConfigPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(dockerConfigFolder(env), 'config.json')
}

/**
 * Reads docker's `config.json` with a parser of its text; a missing file counts as an empty one.
 *
 * @throws RegistryError CREDENTIALS_UNREADABLE if the file cannot be read, or the parser returns undefined.
 */
export async function readDockerConfig<T>(file: string, parse: (text: string) => T | undefined): Promise<T> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (isMissing(cause)) return ''
    throw new RegistryError('CREDENTIALS_UNREADABLE', `${file} cannot be read`, { cause })
  })
  const config = parse(text)
  if (config !== undefined) return config
  throw new RegistryError('CREDENTIALS_UNREADABLE', `${file} is not a JSON object`, {
    hint: 'correct or remove it; `docker login` writes a new one',
  })
}

const readConfig = (file: string) => readDockerConfig(file, parseDockerConfig)

/** As docker does: the logins of the file serve only hosts without a helper. */
async function findIn(
  { logins, helpers, store }: DockerConfig,
  host: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const helper = helpers.get(host) ?? store
  if (!helper) return logins.get(host)
  const { runCredentialHelper: runHelper } = await import('./credential-helper.js')
  return runHelper(helper, host, env)
}
