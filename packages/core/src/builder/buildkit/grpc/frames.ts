import { LIMITS } from '../../../model/limits.js'
import { GrpcError, GrpcStatus } from './grpc-error.js'

/** Bytes before each message: whether it is compressed, then its length. */
const PREFIX = 5

/**
 * Encodes a message for the body of a gRPC call.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX + message.byteLength)
  framed.writeUInt8(0, 0)
  framed.writeUInt32BE(message.byteLength, 1)
  framed.set(message, PREFIX)
  return framed
}

/** Splits the body of a call into messages. @throws GrpcError if one is compressed, too long, or cut off */
export async function* readFrames(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let chunks: Buffer[] = []
  let length = 0
  let needed = PREFIX
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.byteLength
    if (length < needed) continue
    let pending = chunks.length === 1 ? chunk : Buffer.concat(chunks, length)
    for (needed = neededFor(pending); pending.byteLength >= needed; needed = neededFor(pending)) {
      yield pending.subarray(PREFIX, needed)
      pending = pending.subarray(needed)
    }
    chunks = pending.byteLength === 0 ? [] : [pending]
    length = pending.byteLength
  }
  if (length > 0) throw malformed('is cut off')
}

/** Length of the first message with its prefix, or of the prefix if that is incomplete. */
function neededFor(pending: Buffer): number {
  if (pending.byteLength < PREFIX) return PREFIX
  if (pending[0] !== 0) throw malformed('is compressed')
  const length = pending.readUInt32BE(1)
  if (length > LIMITS.grpcMessage) throw malformed(`has ${length} bytes, more than ${LIMITS.grpcMessage}`)
  return PREFIX + length
}

function malformed(reason: string): GrpcError {
  return new GrpcError(GrpcStatus.internal, `a gRPC message ${reason}`)
}
