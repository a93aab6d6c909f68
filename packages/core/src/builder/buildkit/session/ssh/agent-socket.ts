import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Connects to an ssh agent of this machine, by the path of its socket.
 *
 * @example
 * ```ts
 * const agent = agentSocket(process.env.SSH_AUTH_SOCK)
 * ```
 */
export function agentSocket(path: string): () => Promise<Duplex> {
  return () =>
    new Promise((resolve, reject) => {
      const socket = connect(path)
      socket.once('connect', () => resolve(socket)).once('error', reject)
    })
}
