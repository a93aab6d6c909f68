import type { BuildKitTransport } from '../buildkit/client.js'
import type { Connection } from './connection.js'

/**
 * Reaches the BuildKit of a Docker Engine by upgrading requests of the Engine API.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Session
 */
export function engineTransport(connection: Connection): BuildKitTransport {
  return {
    connect: (signal) => connection.upgrade({ path: '/grpc', signal }),
    dialSession: (headers, signal) => connection.upgrade({ path: '/session', headers, signal }),
  }
}
