import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { RegistryError } from '../model/errors.js'
import { type DockerConfig, hostOfKey, parseDockerConfig } from './docker-config-file.js'
import type { CredentialStore, Credentials } from './port.js'

/** Where docker's logins are. */
export interface DockerCredentialsOptions {
  /** The path of `config.json`; by default in `DOCKER_CONFIG`, else in `.docker` of the home folder. */
  readonly file?: string
  /** What stands for the environment; read when the store is made. */
  readonly env?: NodeJS.ProcessEnv
}

/**
 * The logins that `docker login` has kept: in its config file, or with the credential helpers that it names. The file is
 * read with the first question. That it does not exist means that there are no logins.
 *
 * @example
 * ```ts
 * createRegistry({ credentials: dockerConfigCredentials({ file: '/run/secrets/config.json' }) })
 * ```
 */
export function dockerConfigCredentials(options: DockerCredentialsOptions = {}): CredentialStore {
  const env = options.env ?? process.env
  const folder = env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker')
  const file = options.file ?? join(folder, 'config.json')
  let config: Promise<DockerConfig | undefined> | undefined
  return {
    async find(host) {
      config ??= readConfig(file)
      return findIn(await config, hostOfKey(host), env)
    },
  }
}

async function findIn(
  config: DockerConfig | undefined,
  host: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const helper = config?.helpers.get(host) ?? config?.store
  if (helper === undefined) return config?.logins.get(host)
  const { askHelper } = await import('./credential-helper.js')
  return (await askHelper(helper, host, env)) ?? config?.logins.get(host)
}

async function readConfig(file: string): Promise<DockerConfig | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new RegistryError('CREDENTIALS_UNREADABLE', `${file} cannot be read`, { cause })
  }
  const config = parseDockerConfig(text)
  if (config) return config
  throw new RegistryError('CREDENTIALS_UNREADABLE', `${file} is not the JSON that docker writes`, {
    hint: 'Correct or remove it; `docker login` writes it anew.',
  })
}
