import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { healthService } from './health.js'
import type { SessionService } from './service.js'

/** A session that a build may call back on while it runs. */
export interface BuildKitSession extends AsyncDisposable {
  /** What the build request names it by. */
  readonly id: string
  /** The first error that a service ran into, where there was one: BuildKit tells no more of it than a message. */
  readonly failure: unknown
}

/** Sends `POST /session` with these headers, and returns the connection once the engine has turned it into HTTP/2. */
export type DialSession = (headers: Readonly<Record<string, string | string[]>>) => Promise<Duplex>

/** Name of the session in the engine's debug log. */
const SESSION_NAME = 'polyarch'

/**
 * Opens a session: a connection on which the engine is the client of these services.
 *
 * @see https://github.com/moby/buildkit/blob/v0.13.0/session/session.go
 */
export async function openSession(dial: DialSession, services: readonly SessionService[]): Promise<BuildKitSession> {
  const id = randomUUID()
  const methods = [...services, healthService()].flat()
  const socket = await dial({
    'X-Docker-Expose-Session-Uuid': id,
    'X-Docker-Expose-Session-Name': SESSION_NAME,
    'X-Docker-Expose-Session-Grpc-Method': methods.map(({ definition }) => definition.path),
  })
  // The engine closing its end is how a session ends, and how it ended is told by the build.
  socket.on('error', () => {})
  let failure: unknown
  const server = new Server()
  for (const { definition, handler } of methods) {
    const handle = handler((error) => {
      failure ??= error
    })
    server.addService({ [definition.path]: definition }, { [definition.path]: handle })
  }
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket)
  return {
    id,
    get failure() {
      return failure
    },
    async [Symbol.asyncDispose]() {
      server.forceShutdown()
      socket.destroy()
    },
  }
}
