import { randomUUID } from 'node:crypto'
import { EngineError } from '../../model/errors.js'
import { isLoopback } from '../../model/loopback.js'
import { formatRepository, type Reference } from '../../model/reference.js'
import type { BuildSessions } from '../build/build-sessions.js'
import { DOCKERFILE_FRONTEND } from '../build/solve-request.js'
import type { BuildKitClient } from '../buildkit/client.js'
import { memoryDirectory } from '../buildkit/session/files/memory-directory.js'
import { SolveError, solve } from '../buildkit/solve.js'
import type { BuilderCall } from '../port.js'
import type { RemoteAddress } from './remote-address.js'

/** Parts of a builder that the check of a registry uses. */
export interface RegistryCheckTools {
  readonly remote: RemoteAddress
  readonly buildKit: BuildKitClient
  readonly sessions: BuildSessions
}

/** Messages of containerd's resolver for a registry that has responded. */
const REACHED = /not found|unauthorized|authorization failed|insufficient_scope|denied|forbidden|unexpected status/i

/**
 * Has BuildKit resolve a tag that does not exist, since its API has no request for a manifest: only the answer matters.
 *
 * @throws ENGINE_CANNOT_REACH_REGISTRY
 */
export async function requireRegistry(
  reference: Reference,
  { remote, buildKit, sessions }: RegistryCheckTools,
  { signal }: BuilderCall,
): Promise<void> {
  const isLocalName = isLoopback(reference.registry.replace(/:\d+$/, ''))
  if (isLocalName && remote.isElsewhere) throw cannotReach(reference, remote, 'the name is its own loopback')
  const dockerfile = `FROM ${formatRepository(reference)}:polyarch-${randomUUID()}\n`
  const directories = { context: memoryDirectory({}), dockerfile: memoryDirectory({ Dockerfile: dockerfile }) }
  try {
    const control = await buildKit.control(signal)
    await sessions.use({ directories, sharedKey: 'registry-check' }, signal, (session) =>
      solve(control, { session: session.id, frontend: DOCKERFILE_FRONTEND, frontendAttributes: {} }, { signal }),
    )
  } catch (error) {
    if (!(error instanceof SolveError)) throw error
    if (!REACHED.test(error.message)) throw cannotReach(reference, remote, error.message, error)
  }
}

function cannotReach(
  { registry }: Reference,
  { address }: RemoteAddress,
  reason: string,
  cause?: unknown,
): EngineError {
  const message = `the builder at ${address} cannot reach the registry ${registry}: ${reason}`
  const hint = `use a registry that the builder can reach: --registry registry.example.com, with --builder-registry if the builder has another name for it; loopback registries, such as the embedded one, work only with builders on this machine`
  return new EngineError('ENGINE_CANNOT_REACH_REGISTRY', message, { hint, cause })
}
