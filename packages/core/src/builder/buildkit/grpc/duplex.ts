import { type ClientHttp2Stream, constants } from 'node:http2'
import { Duplex } from 'node:stream'
import { frame, readFrames } from './frames.js'
import { statusOf } from './grpc-error.js'
import { field, message } from './messages.js'

/** Highest number of bytes in one message. */
const PIECE = 32 * 1024

/** A part of a stream of bytes, as BuildKit's methods exchange them. */
export const bytesMessage = message('BytesMessage', { data: field('bytes', 1) })

/** A call with a stream of bytes in both directions, as one stream of bytes. */
export function grpcDuplex(call: ClientHttp2Stream): Duplex {
  return new GrpcDuplex(call)
}

class GrpcDuplex extends Duplex {
  readonly #call: ClientHttp2Stream
  #resume: (() => void) | undefined

  constructor(call: ClientHttp2Stream) {
    super()
    this.#call = call
    this.#receive().then(
      () => this.push(null),
      (error: Error) => this.destroy(error),
    )
  }

  async #receive(): Promise<void> {
    const outcome = statusOf(this.#call)
    for await (const message of readFrames(this.#call)) {
      const { data } = bytesMessage.decode(message)
      if (data.byteLength > 0 && !this.push(data)) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve
        })
      }
    }
    const error = await outcome
    if (error !== undefined) throw error
  }

  override _read(): void {
    this.#resume?.()
    this.#resume = undefined
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const pieces: Buffer[] = []
    for (let start = 0; start < chunk.byteLength; start += PIECE) {
      pieces.push(frame(bytesMessage.encode({ data: chunk.subarray(start, start + PIECE) })))
    }
    this.#call.write(Buffer.concat(pieces), done)
  }

  override _final(done: () => void): void {
    this.#call.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#resume?.()
    // Node 20 corrupts its heap if nested HTTP/2 is ended within a callback.
    setImmediate(() => this.#call.close(constants.NGHTTP2_CANCEL))
    done(error)
  }
}
