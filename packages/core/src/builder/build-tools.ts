import { buildFailure } from './build/build-failure.js'
import type { BuildSessions } from './build/build-sessions.js'
import { layoutStore } from './build/layout-store.js'
import { serveLocalCaches } from './build/local-caches.js'
import { solveRequest } from './build/solve-request.js'
import type { BuildKitClient } from './buildkit/client.js'
import type { SolveRequest } from './buildkit/control.js'
import { type SolveResult, solve } from './buildkit/solve.js'
import type { BuilderCall, BuilderFeatures, BuildRequest } from './port.js'

/** Parts of a builder that its builds use. */
export interface BuildTools {
  readonly buildKit: BuildKitClient
  readonly sessions: BuildSessions
  readonly features: BuilderFeatures
  /** The builder's address, as in `proxies` of docker's configuration. */
  readonly address: string
  /** Runs an operation with a heartbeat and converts its errors. */
  readonly run: <T>(action: string, call: BuilderCall, operation: (own: BuilderCall) => Promise<T>) => Promise<T>
}

/** Prefix of a store's id in BuildKit's `oci-layout` source. */
const LAYOUTS = 'oci:'

/** Runs a build with an exporter. @throws BUILD_FAILED, and what a service of the session threw */
export async function runBuild(
  request: BuildRequest,
  { buildKit, sessions, features, address }: BuildTools,
  exporter: SolveRequest['exporter'],
  call: BuilderCall,
): Promise<SolveResult> {
  const control = await buildKit.control(call.signal)
  return sessions.use(request.inputs, call.signal, async (session) => {
    const before = session.failures.length
    for (const [id, directory] of Object.entries(request.layouts ?? {})) {
      session.stores.set(LAYOUTS + id, layoutStore(directory))
    }
    const caches = await serveLocalCaches(request, session.stores)
    try {
      const result = await solve(
        control,
        { ...solveRequest({ ...request, ...caches }, { features, address }), session: session.id, exporter },
        call,
      )
      await caches.finish(result.exported)
      return result
    } catch (error) {
      throw buildFailure(error, request, session.failures.slice(before))
    }
  })
}
