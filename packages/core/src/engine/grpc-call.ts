import { connect } from 'node:http2'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** Bytes before each gRPC message: one that says it is not compressed, four with its length. */
const PREFIX = 5

/**
 * One gRPC call with an empty request over a connection that is already open, which it closes. gRPC's own client can
 * only dial for itself.
 *
 * @returns the answer's bytes; undefined where the call was refused or HTTP/2 is not what is spoken there.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export async function callOver(
  socket: Duplex,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const session = connect('http://engine', { createConnection: () => socket })
  const failed = new Promise<never>((_, reject) => session.once('error', reject))
  try {
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
    const stream = session.request(headers, signal && { signal })
    let status: unknown
    stream.once('trailers', (trailers) => {
      status = trailers['grpc-status']
    })
    stream.end(Buffer.alloc(PREFIX))
    const answer = await Promise.race([buffer(stream), failed])
    return Number(status) === 0 ? answer.subarray(PREFIX) : undefined
  } catch (error) {
    if (signal?.aborted) throw error
    return undefined
  } finally {
    session.destroy()
    socket.destroy()
  }
}
