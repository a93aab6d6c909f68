import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TlsMaterial } from './tls-material.js'

/** Target of a socket: a path on this machine, or a port of a host. */
export type SocketTarget =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls: TlsMaterial | undefined }

/** The application protocol of HTTP/2, as TLS negotiates it. */
const HTTP2 = 'h2'

/** Opens a socket for HTTP/2 from its first byte. Rejects with the error of the socket, or the signal's reason. */
export async function openSocket(target: SocketTarget, signal?: AbortSignal): Promise<Socket> {
  signal?.throwIfAborted()
  const isTls = 'host' in target && target.tls !== undefined
  const socket = isTls ? openTls(target, target.tls) : connect(target)
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect', signal && { signal })
    return socket
  } catch (error) {
    socket.destroy()
    signal?.throwIfAborted()
    throw error
  }
}

function openTls(target: { readonly host: string; readonly port: number }, tls: TlsMaterial): Socket {
  const { verify, serverName, ...material } = tls
  return connectTls({
    host: target.host,
    port: target.port,
    ...material,
    ...(serverName !== undefined && { servername: serverName }),
    rejectUnauthorized: verify,
    ALPNProtocols: [HTTP2],
  })
}
