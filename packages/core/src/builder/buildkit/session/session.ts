import { randomUUID } from 'node:crypto'
import { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { LIMITS } from '../../../model/limits.js'
import { field, message } from '../grpc/messages.js'
import type { SessionOptions } from '../options.js'
import type { ContentStore } from './content/content-store.js'
import { type SessionService, unaryMethod } from './service.js'
import { servicesFor } from './services.js'

/** A session that a build may call back on while it runs. */
export interface BuildKitSession extends AsyncDisposable {
  /** Id of the session in build requests. */
  readonly id: string
  /** Content that builds may read, by the id of its store. Builds that share the session add their own. */
  readonly stores: Map<string, ContentStore>
  /** The errors of services, in order; a build that fails because of one reports its message only. */
  readonly failures: readonly unknown[]
  /** Whether the builder can no longer call back. */
  readonly isClosed: boolean
}

/** Sends `POST /session` with these headers, and returns the connection once the engine has turned it into HTTP/2. */
export type DialSession = (headers: Readonly<Record<string, string | string[]>>) => Promise<Duplex>

/** Name of the session in the engine's debug log. */
const SESSION_NAME = 'polyarch'

/**
 * Opens a session: a connection on which the engine calls these services.
 *
 * @see https://github.com/moby/buildkit/blob/v0.13.0/session/session.go
 */
export async function openSession(dial: DialSession, options: SessionOptions): Promise<BuildKitSession> {
  const id = randomUUID()
  const stores = new Map<string, ContentStore>()
  const methods = [...servicesFor(options, stores), healthService()].flat()
  const socket = await dial({
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': SESSION_NAME,
    ...(options.sharedKey !== undefined && { 'X-Docker-Expose-Session-Sharedkey': options.sharedKey }),
    'X-Docker-Expose-Session-Grpc-Method': methods.map(({ definition }) => definition.path),
  })
  // The builder ends a session by closing the connection; the build reports the reason.
  socket.on('error', () => {})
  const failures: unknown[] = []
  const server = new Server({ 'grpc.max_concurrent_streams': LIMITS.sessionCalls })
  for (const { definition, handler } of methods) {
    const handle = handler((error) => void failures.push(error))
    server.addService({ [definition.path]: definition }, { [definition.path]: handle })
  }
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(withoutAlpn(socket))
  return {
    id,
    stores,
    failures,
    get isClosed() {
      return socket.destroyed
    },
    async [Symbol.asyncDispose]() {
      // Node 20 corrupts its heap if HTTP/2 is destroyed within its own callback.
      await setImmediate()
      server.forceShutdown()
      socket.destroy()
    },
  }
}

/** Node refuses HTTP/2 on a TLS connection that has not negotiated it, and here the engine has upgraded it. */
function withoutAlpn(socket: Duplex): Duplex {
  return socket instanceof TLSSocket ? Duplex.from({ readable: socket, writable: socket }) : socket
}

/** @see https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto */
const check = {
  request: message('HealthCheckRequest', { service: field('string', 1) }),
  answer: message('HealthCheckResponse', { status: field('int32', 1) }),
}

const SERVING = 1

/** Responds to BuildKit's health checks: BuildKit closes a session that does not respond. */
export function healthService(): SessionService {
  return [unaryMethod('/grpc.health.v1.Health/Check', check, () => ({ status: SERVING }))]
}
