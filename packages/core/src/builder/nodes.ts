import { EngineError } from '../model/errors.js'
import { readBuildxNodes } from './buildx-store.js'
import { connectEngine, resolveAddress, unusableBuilder } from './connect.js'
import { isWorkloadAddress } from './kubernetes/pod-address.js'
import { readyPods } from './kubernetes/workload-pods.js'
import type { BuilderOptions } from './options.js'
import type { Builder } from './port.js'

/**
 * The builders that options name: those of `docker buildx create`, and workloads on Kubernetes, have several nodes. Where
 * the nodes cannot be found, there is one builder, whose calls fail.
 */
export async function connectNodes(options: BuilderOptions, signal?: AbortSignal): Promise<readonly Builder[]> {
  try {
    return (await findNodes(options, signal)).map(connectEngine)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return [unusableBuilder(options, error)]
  }
}

/**
 * Checks an address without contacting a builder: only files of this machine are read, such as those of docker contexts.
 *
 * @throws EngineError ENGINE_UNREACHABLE if it is malformed, or names neither a docker context nor a buildx builder
 */
export async function checkAddress(options: BuilderOptions): Promise<void> {
  const { host, command, env = process.env } = options
  if (command !== undefined || !host || isWorkloadAddress(host)) return
  const isBuildx = !host.includes('://') && (await readBuildxNodes(host, env)) !== undefined
  if (!isBuildx) await resolveAddress(options)
}

async function findNodes(options: BuilderOptions, signal?: AbortSignal): Promise<readonly BuilderOptions[]> {
  const { host, command, env = process.env } = options
  if (command !== undefined) return [options]
  const named = host || (env['BUILDKIT_HOST'] ? undefined : env['BUILDX_BUILDER'])
  if (!named) return [options]
  if (isWorkloadAddress(named)) {
    const pods = await readyPods(named, { env, signal })
    return pods.map((pod) => ({ ...options, host: pod }))
  }
  const nodes = named.includes('://') ? undefined : await readBuildxNodes(named, env)
  if (nodes === undefined) return [{ ...options, host: named }]
  return (await Promise.all(nodes.map((node) => findNodes({ ...options, ...node }, signal)))).flat()
}
