import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Deadline } from '../../../model/async/deadline.js'
import { onAbort } from '../../../model/async/on-abort.js'
import { frame, readFrames } from './frames.js'
import { closedConnection, GrpcError, GrpcStatus, statusOf } from './grpc-error.js'

/** Options of a gRPC call. */
export interface GrpcCall {
  readonly signal?: AbortSignal | undefined
  /** Metadata, as HTTP/2 headers in lower case. */
  readonly metadata?: Readonly<Record<string, string | readonly string[]>>
}

/** Flow-control window in bytes, per connection and per call. */
const WINDOW = 4 * 1024 * 1024

/** Milliseconds that a call may stay open after its only response. */
const END_OF_RESPONSE = 10_000

/**
 * A gRPC client over an open connection. grpc-js can only dial itself, so it cannot use an upgraded connection of an
 * engine, an ssh process, or a pod's standard streams.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export class GrpcConnection implements AsyncDisposable {
  readonly #session: ClientHttp2Session
  readonly #socket: Duplex
  #failure: Error | undefined

  constructor(socket: Duplex) {
    this.#socket = socket
    this.#session = connect('http://buildkit', {
      createConnection: () => socket,
      settings: { initialWindowSize: WINDOW, enablePush: false },
    })
    const fail = (error: Error) => {
      this.#failure ??= error
    }
    this.#session.on('connect', () => this.#session.setLocalWindowSize(WINDOW))
    this.#session.on('error', fail)
    socket.on('error', fail)
  }

  /** Whether calls can no longer be made, since one of the two sides has closed the connection. */
  get isClosed(): boolean {
    return this.#session.destroyed || this.#session.closed
  }

  /** Sends one request and returns the one answer. @throws GrpcError; the connection's error; the signal's reason */
  async unary(path: string, request: Uint8Array, call: GrpcCall = {}): Promise<Buffer> {
    let answer: Buffer | undefined
    const end = new Deadline()
    try {
      for await (const message of this.stream(path, request, { ...call, signal: end.within(call.signal) })) {
        if (answer !== undefined) throw new GrpcError(GrpcStatus.internal, `${path} sent more than one response`)
        answer = message
        end.start(END_OF_RESPONSE, new GrpcError(GrpcStatus.internal, `${path} did not end its response`))
      }
    } finally {
      end.stop()
    }
    if (answer !== undefined) return answer
    throw new GrpcError(GrpcStatus.internal, `${path} ended without a response`)
  }

  /** Sends one request and yields each message of the answer. Rejects as {@link unary} does. */
  async *stream(path: string, request: Uint8Array, call: GrpcCall = {}): AsyncGenerator<Buffer, void> {
    const stream = this.open(path, call)
    stream.end(frame(request))
    yield* this.#messages(stream, call.signal)
  }

  /** Opens a call whose request is a stream, as raw HTTP/2. The caller frames messages in both directions. */
  open(path: string, { metadata }: GrpcCall = {}): ClientHttp2Stream {
    if (this.#failure !== undefined) throw this.#failure
    if (this.isClosed) throw closedConnection()
    return this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata,
    })
  }

  async *#messages(stream: ClientHttp2Stream, signal: AbortSignal | undefined): AsyncGenerator<Buffer, void> {
    signal?.throwIfAborted()
    const outcome = statusOf(stream)
    const forget = signal && onAbort(signal, () => cancel(stream))
    try {
      yield* readFrames(stream)
      const error = await outcome
      if (error !== undefined) throw error
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof GrpcError) throw error
      throw this.#failure ?? error
    } finally {
      forget?.()
      cancel(stream)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Node 20 corrupts its heap if an HTTP/2 session is destroyed inside a callback of its own streams.
    await nextTurn()
    this.#session.destroy()
    this.#socket.destroy()
  }
}

/** Cancels a running call outside of its own callbacks: see the disposal of the connection. */
function cancel(stream: ClientHttp2Stream): void {
  if (stream.closed) return
  setImmediate(() => stream.close(constants.NGHTTP2_CANCEL))
}
