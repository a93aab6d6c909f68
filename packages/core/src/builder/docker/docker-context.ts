import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { EngineError } from '../../model/errors.js'
import { configField, type Json, parseConfigObject } from '../../registry/docker-config-file.js'
import { readOptional, readTlsFolder, type TlsMaterial } from '../dial/tls-material.js'

/** The part of a docker context that says where its engine is. */
export interface DockerContext {
  readonly host: string
  readonly tls: TlsMaterial | undefined
}

interface ContextMetadata {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } }
}

/**
 * The docker context in use: the one named, else `currentContext` of the docker configuration.
 *
 * @returns undefined where the default engine is meant.
 * @throws ENGINE_UNREACHABLE where the context does not exist.
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export async function currentContext(folder: string, named: string | undefined): Promise<DockerContext | undefined> {
  const name = named || (await configuredName(folder))
  if (!name || name === 'default') return undefined
  const id = createHash('sha256').update(name).digest('hex')
  const metadata = (await readObject(join(folder, 'contexts', 'meta', id, 'meta.json'))) as ContextMetadata | undefined
  const endpoint = metadata?.Endpoints?.docker
  if (!endpoint?.Host) {
    throw new EngineError('ENGINE_UNREACHABLE', `the docker context '${name}' does not exist or names no engine`, {
      hint: 'See `docker context ls` and `docker buildx ls`; choose a context with `docker context use NAME`, DOCKER_CONTEXT or DOCKER_HOST.',
    })
  }
  const material = await readTlsFolder(join(folder, 'contexts', 'tls', id, 'docker'))
  const verify = endpoint.SkipTLSVerify !== true
  const hasTls = Object.keys(material).length > 0 || !verify
  return { host: endpoint.Host, tls: hasTls ? { ...material, verify } : undefined }
}

async function configuredName(folder: string): Promise<string | undefined> {
  const name = configField((await readObject(join(folder, 'config.json'))) ?? {}, 'currentContext')
  return typeof name === 'string' ? name : undefined
}

async function readObject(path: string): Promise<Json | undefined> {
  const bytes = await readOptional(path)
  if (bytes === undefined) return undefined
  const json = parseConfigObject(bytes.toString())
  if (json !== undefined) return json
  throw new EngineError('ENGINE_UNREACHABLE', `${path} is not a JSON object, so the engine in use is unknown`, {
    hint: 'Repair the file, or name the engine with DOCKER_HOST.',
  })
}
