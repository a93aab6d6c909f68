import protobuf from 'protobufjs'
import { GrpcError, GrpcStatus } from './grpc-error.js'

/** Encodes and decodes one protobuf message type. */
export interface MessageType<T extends object> {
  encode(message: T): Buffer
  /** Absent fields get their default. @throws GrpcError if the bytes are not such a message */
  decode(bytes: Uint8Array): Required<T>
}

/** A message that its sender has encoded. */
export const ENCODED: MessageType<Buffer> = { encode: (bytes) => bytes, decode: Buffer.from }

/**
 * Looks up message types by name in a schema written in protobuf's own language. 64-bit numbers are decoded as numbers.
 * They are encoded from numbers, or from `{ low, high }` if they exceed 2^53.
 */
export function messageTypes(schema: string): <T extends object>(name: string) => MessageType<T> {
  const { root } = protobuf.parse(schema, { keepCase: true })
  return <T extends object>(name: string): MessageType<T> => {
    const type = root.lookupType(name)
    return {
      encode(message) {
        const { buffer, byteOffset, byteLength } = type.encode(message as Record<string, unknown>).finish()
        return Buffer.from(buffer, byteOffset, byteLength)
      },
      decode(bytes) {
        try {
          return type.toObject(type.decode(bytes), { defaults: true, arrays: true, longs: Number }) as Required<T>
        } catch (cause) {
          throw new GrpcError(GrpcStatus.internal, `the bytes received are not a ${name}: ${String(cause)}`)
        }
      },
    }
  }
}
