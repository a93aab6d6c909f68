import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { EngineError } from '../../../model/errors.js'
import { isJsonObject, type JsonObject, textOf } from '../../../model/json-fields.js'
import { configField, parseConfigObject } from '../../../registry/auth/docker-config-file.js'
import { readOptional, readTlsFolder, type TlsMaterial } from '../../transport/tls-material.js'

/** The endpoint in a docker context. */
export interface DockerContext {
  readonly host: string
  readonly tls: TlsMaterial | undefined
}

/**
 * The current docker context: the named one, else `currentContext` of the docker configuration.
 *
 * @returns undefined if the default engine is meant.
 * @throws ENGINE_UNREACHABLE if the context does not exist.
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export async function currentContext(folder: string, named: string | undefined): Promise<DockerContext | undefined> {
  const name = named || (await configuredName(folder))
  if (!name || name === 'default') return undefined
  const id = createHash('sha256').update(name).digest('hex')
  const metadata = await readObject(join(folder, 'contexts', 'meta', id, 'meta.json'))
  const { host, skipsVerify } = readEndpoint(metadata ?? {})
  if (!host) {
    throw new EngineError('ENGINE_UNREACHABLE', `the docker context '${name}' does not exist or names no engine`, {
      hint: 'run `docker context ls` and `docker buildx ls`; select a context with `docker context use NAME`, DOCKER_CONTEXT or DOCKER_HOST',
    })
  }
  const material = await readTlsFolder(join(folder, 'contexts', 'tls', id, 'docker'))
  const verify = !skipsVerify
  const hasTls = Object.keys(material).length > 0 || !verify
  return { host, tls: hasTls ? { ...material, verify } : undefined }
}

function readEndpoint({ Endpoints: endpoints }: JsonObject) {
  const docker = isJsonObject(endpoints) ? endpoints['docker'] : undefined
  const { Host: host, SkipTLSVerify: skips } = isJsonObject(docker) ? docker : {}
  return { host: textOf(host), skipsVerify: skips === true }
}

async function configuredName(folder: string): Promise<string | undefined> {
  const name = configField((await readObject(join(folder, 'config.json'))) ?? {}, 'currentContext')
  return typeof name === 'string' ? name : undefined
}

async function readObject(path: string): Promise<JsonObject | undefined> {
  const bytes = await readOptional(path)
  if (bytes === undefined) return undefined
  const json = parseConfigObject(bytes.toString())
  if (json !== undefined) return json
  throw new EngineError('ENGINE_UNREACHABLE', `${path} is not a JSON object, so the current engine is unknown`, {
    hint: 'correct the file, or set DOCKER_HOST',
  })
}
