import type { Environment } from '../host/environment.js'
import { EngineError } from '../model/errors.js'
import { dockerConfigFolder } from '../registry/auth/docker-config-file.js'
import { addressVariable } from './address-source.js'
import { buildxNames, readBuildxNodes } from './buildx-store.js'
import { resolveAddress } from './connect.js'
import { contextNames, hasContext } from './docker/connection/docker-context.js'
import { isWorkloadAddress } from './kubernetes/pod-address.js'
import type { BuilderOptions, ResolvedBuilder } from './options.js'

/**
 * Checks an address without contacting a builder: only files of this machine are read, such as those of docker contexts.
 *
 * @throws EngineError ENGINE_UNREACHABLE if it is malformed, or names neither a docker context nor a buildx builder
 */
export async function checkAddress(options: ResolvedBuilder): Promise<void> {
  const { host, command, env } = options
  if (command !== undefined || !host || isWorkloadAddress(host)) return
  if ((await nodesNamed(host, env)) === undefined) await resolveAddress(options)
}

/**
 * The nodes of a builder that `docker buildx create` made; otherwise the builder itself. A node may be a workload on
 * Kubernetes.
 *
 * @throws EngineError ENGINE_UNREACHABLE if the store cannot be read
 */
export async function expandBuilder(options: ResolvedBuilder): Promise<readonly ResolvedBuilder[]> {
  const { host, command, env } = options
  if (command !== undefined) return [options]
  const named = host || (env['BUILDKIT_HOST'] ? undefined : env['BUILDX_BUILDER'])
  if (!named) return [options]
  const nodes = (await nodesNamed(named, env)) ?? [{ host: named }]
  const source = addressVariable(options)
  return nodes.map((node) => ({ ...options, source, ...node }))
}

/**
 * The nodes of the buildx builder with this name.
 *
 * @returns undefined for an address, and for the name of a docker context.
 * @throws EngineError ENGINE_UNREACHABLE if there is neither
 */
async function nodesNamed(name: string, env: Environment): Promise<readonly BuilderOptions[] | undefined> {
  if (name.includes('://')) return undefined
  const nodes = await readBuildxNodes(name, env)
  const folder = dockerConfigFolder(env)
  if (nodes !== undefined || (await hasContext(folder, name))) return nodes
  const [contexts, builders] = await Promise.all([contextNames(folder), buildxNames(env)])
  const existing = `docker contexts: ${contexts.join(', ')}; buildx builders: ${builders.join(', ') || 'none'}`
  throw new EngineError('ENGINE_UNREACHABLE', `'${name}' is neither a docker context nor a buildx builder`, {
    hint: `${existing}; an address contains '://'`,
  })
}
