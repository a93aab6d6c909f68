import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { EngineError } from '../../model/errors.js'
import { readOptional, readTlsFolder, type TlsMaterial } from './tls-material.js'

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
  const metadata = await readJson<ContextMetadata>(join(folder, 'contexts', 'meta', id, 'meta.json'))
  const endpoint = metadata?.Endpoints?.docker
  if (!endpoint?.Host) {
    throw new EngineError('ENGINE_UNREACHABLE', `the docker context '${name}' does not exist or names no engine`, {
      hint: 'See `docker context ls`; choose one with `docker context use NAME`, DOCKER_CONTEXT or DOCKER_HOST.',
    })
  }
  const material = await readTlsFolder(join(folder, 'contexts', 'tls', id, 'docker'))
  const verify = endpoint.SkipTLSVerify !== true
  const hasTls = Object.keys(material).length > 0 || !verify
  return { host: endpoint.Host, tls: hasTls ? { ...material, verify } : undefined }
}

async function configuredName(folder: string): Promise<string | undefined> {
  const config = await readJson<{ readonly currentContext?: string }>(join(folder, 'config.json'))
  return config?.currentContext
}

async function readJson<T>(path: string): Promise<T | undefined> {
  const bytes = await readOptional(path)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(bytes.toString()) as T
  } catch (cause) {
    throw new EngineError('ENGINE_UNREACHABLE', `${path} is not valid JSON, so the engine in use is not known`, {
      hint: 'Repair the file, or say which engine to use with DOCKER_HOST.',
      cause,
    })
  }
}
