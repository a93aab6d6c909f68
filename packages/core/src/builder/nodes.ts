import { readBuildxNodes } from './buildx-store.js'
import { resolveAddress } from './connect.js'
import { isWorkloadAddress } from './kubernetes/pod-address.js'
import type { ResolvedBuilder } from './options.js'

/**
 * Checks an address without contacting a builder: only files of this machine are read, such as those of docker contexts.
 *
 * @throws EngineError ENGINE_UNREACHABLE if it is malformed, or names neither a docker context nor a buildx builder
 */
export async function checkAddress(options: ResolvedBuilder): Promise<void> {
  const { host, command, env } = options
  if (command !== undefined || !host || isWorkloadAddress(host)) return
  const isBuildx = !host.includes('://') && (await readBuildxNodes(host, env)) !== undefined
  if (!isBuildx) await resolveAddress(options)
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
  const nodes = named.includes('://') ? undefined : await readBuildxNodes(named, env)
  return nodes?.map((node) => ({ ...options, ...node })) ?? [{ ...options, host: named }]
}
