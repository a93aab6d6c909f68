import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
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

/** The folder with a folder per context, named by the hash of the context's name. */
const CONTEXTS = join('contexts', 'meta')

/** The name of docker's own context, which is not stored. */
const DEFAULT_CONTEXT = 'default'

/**
 * Reads a docker context.
 *
 * @returns undefined if the default engine is meant.
 * @throws ENGINE_UNREACHABLE if the context does not exist.
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export async function readContext(folder: string, name: string | undefined): Promise<DockerContext | undefined> {
  if (!name || name === DEFAULT_CONTEXT) return undefined
  const id = contextId(name)
  const metadata = await readObject(metadataFile(folder, id))
  if (metadata === undefined) {
    throw new EngineError('ENGINE_UNREACHABLE', `the docker context '${name}' does not exist`, {
      hint: `docker contexts: ${(await contextNames(folder)).join(', ')}`,
    })
  }
  const { host, skipsVerify } = readEndpoint(metadata)
  if (!host) {
    throw new EngineError('ENGINE_UNREACHABLE', `the docker context '${name}' names no engine`, {
      hint: `check it with 'docker context inspect ${name}'`,
    })
  }
  const material = await readTlsFolder(join(folder, 'contexts', 'tls', id, 'docker'))
  const verify = !skipsVerify
  const hasTls = Object.keys(material).length > 0 || !verify
  return { host, tls: hasTls ? { ...material, verify } : undefined }
}

/** Whether a docker context exists. */
export async function hasContext(folder: string, name: string): Promise<boolean> {
  return name === DEFAULT_CONTEXT || (await readOptional(metadataFile(folder, contextId(name)))) !== undefined
}

/** The names of all docker contexts that can be read, sorted, after the default one. */
export async function contextNames(folder: string): Promise<readonly string[]> {
  const ids = await readdir(join(folder, CONTEXTS)).catch(() => [])
  const read = async (id: string) => textOf((await readObject(metadataFile(folder, id)))?.['Name'])
  const names = await Promise.all(ids.map((id) => read(id).catch(() => undefined)))
  return [DEFAULT_CONTEXT, ...names.filter((name) => name !== undefined).sort()]
}

function contextId(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

function metadataFile(folder: string, id: string): string {
  return join(folder, CONTEXTS, id, 'meta.json')
}

function readEndpoint({ Endpoints: endpoints }: JsonObject) {
  const docker = isJsonObject(endpoints) ? endpoints['docker'] : undefined
  const { Host: host, SkipTLSVerify: skips } = isJsonObject(docker) ? docker : {}
  return { host: textOf(host), skipsVerify: skips === true }
}

/** The current context in docker's configuration; undefined for the default one. @throws ENGINE_UNREACHABLE */
export async function configuredContext(folder: string): Promise<string | undefined> {
  const name = configField((await readObject(join(folder, 'config.json'))) ?? {}, 'currentContext')
  return typeof name === 'string' && name !== '' && name !== DEFAULT_CONTEXT ? name : undefined
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
