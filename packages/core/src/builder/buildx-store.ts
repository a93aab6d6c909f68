import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from '../host/environment.js'
import { EngineError } from '../model/errors.js'
import { isJsonObject, itemsOf, type JsonObject, textOf } from '../model/json-fields.js'
import { formatPlatform, normalizePlatform } from '../model/platform.js'
import { dockerConfigFolder, entriesOf, parseConfigObject } from '../registry/auth/docker-config-file.js'
import type { BuilderOptions } from './options.js'

/** A node as `docker buildx create` stores it. */
interface StoredNode {
  readonly name: string
  readonly endpoint: string
  readonly options: Readonly<Record<string, string>>
  /** Declared by `--platform`, before those of its workers. */
  readonly platforms: readonly string[]
}

/** Valid names of buildx builders; names of docker contexts may differ. */
const NAME = /^[a-z][\w.-]*$/i

/** Addresses that a `remote` builder has in the same form as polyarch. */
const SHARED_FORM = /^(?:docker-container|podman-container|kube-pod):\/\//

/** The names of the builders that `docker buildx create` has made, sorted. */
export async function buildxNames(env: Environment): Promise<readonly string[]> {
  return (await readdir(instancesFolder(env)).catch(() => [])).sort()
}

function instancesFolder(env: Environment): string {
  return join(env['BUILDX_CONFIG'] || join(dockerConfigFolder(env), 'buildx'), 'instances')
}

/**
 * The nodes of a builder that `docker buildx create` has made, as options. Nothing is written to the store.
 *
 * @returns undefined if buildx has no builder of this name.
 * @throws ENGINE_UNREACHABLE if the file cannot be read or has an unknown driver.
 * @see https://docs.docker.com/build/builders/drivers/
 */
export async function readBuildxNodes(name: string, env: Environment): Promise<readonly BuilderOptions[] | undefined> {
  if (!NAME.test(name)) return undefined
  const file = join(instancesFolder(env), name.toLowerCase())
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw unusable(file, cause.message, cause)
  })
  if (text === undefined) return undefined
  const { Driver: driver, Nodes: nodes } = parseStored(file, text)
  if (!Array.isArray(nodes) || nodes.length === 0) throw unusable(file, 'it has no nodes')
  return nodes.map((one) => {
    const node = parseNode(file, one)
    const options = nodeOptions(file, driver, node)
    return node.platforms.length > 0 ? { ...options, platforms: node.platforms } : options
  })
}

function parseStored(file: string, text: string): JsonObject {
  const stored = parseConfigObject(text)
  if (stored === undefined) throw unusable(file, 'it is not a JSON object')
  return stored
}

function parseNode(file: string, node: unknown): StoredNode {
  const { Name: name, Endpoint: endpoint, DriverOpts, Platforms } = isJsonObject(node) ? node : {}
  const options = entriesOf(DriverOpts)
  const texts = options.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : []))
  if (typeof name !== 'string' || typeof endpoint !== 'string' || texts.length < options.length)
    throw unusable(file, 'a node has no name, no endpoint, or an option that is not text')
  return { name, endpoint, options: Object.fromEntries(texts), platforms: parsePlatforms(file, Platforms) }
}

/** Platforms as OCI objects; null if none is declared. */
function parsePlatforms(file: string, declared: unknown): readonly string[] {
  return itemsOf(declared).map((one) => {
    const { os, architecture, variant = '' } = isJsonObject(one) ? one : {}
    if (typeof os !== 'string' || typeof architecture !== 'string' || typeof variant !== 'string')
      throw unusable(file, 'a declared platform has no os or no architecture')
    return formatPlatform(normalizePlatform({ os, architecture, variant }))
  })
}

function nodeOptions(file: string, driver: unknown, { name, endpoint, options }: StoredNode): BuilderOptions {
  switch (driver) {
    case 'docker':
      return { host: endpoint }
    case 'docker-container':
      return { host: `docker-container://buildx_buildkit_${name}?context=${encodeURIComponent(endpoint)}` }
    case 'remote':
      return remoteOptions(endpoint, options)
    case 'kubernetes':
      return kubernetesOptions(file, endpoint, options)
  }
  throw unusable(file, `driver '${textOf(driver) ?? ''}' is not supported`)
}

function remoteOptions(endpoint: string, { cacert, cert, key, servername }: Readonly<Record<string, string>>) {
  const host = SHARED_FORM.test(endpoint) ? endpoint : `buildkit+${endpoint}`
  const files = {
    ...(cacert && { ca: cacert }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { serverName: servername }),
  }
  return { host, ...(Object.keys(files).length > 0 && { certificates: files }) }
}

/** Its endpoint is `kubernetes:///BUILDER?deployment=NAME&kubeconfig=PATH`. */
function kubernetesOptions(
  file: string,
  endpoint: string,
  { namespace = '' }: Readonly<Record<string, string>>,
): BuilderOptions {
  const parameters = URL.canParse(endpoint) ? new URL(endpoint).searchParams : new URLSearchParams()
  const deployment = parameters.get('deployment')
  if (!deployment) throw unusable(file, `endpoint '${endpoint}' has no deployment`)
  const kubeconfig = parameters.get('kubeconfig')
  const query = kubeconfig ? `?${new URLSearchParams({ kubeconfig })}` : ''
  return { host: `kubernetes://${namespace}/${deployment}${query}` }
}

function unusable(file: string, reason: string, cause?: unknown): EngineError {
  return new EngineError('ENGINE_UNREACHABLE', `the buildx builder in ${file} cannot be used: ${reason}`, {
    hint: "check it with 'docker buildx inspect', or use the builder's address",
    cause,
  })
}
