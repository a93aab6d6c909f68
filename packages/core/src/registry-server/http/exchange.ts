import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { asProtocolError, type ProtocolError } from '../protocol-error.js'
import type { Fault } from './errors.js'

/**
 * Limits on reading the body of a failed request, in bytes and milliseconds: the client can read the response
 * meanwhile. Closing the connection at once would lose the response.
 */
const DRAIN = { size: 16 * 1024 * 1024, time: 5_000 }

type Headers = Readonly<Record<string, string | number>>

/** One request and its answer. */
export class Exchange {
  readonly method: string
  /** The path as sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly fault?: Fault,
  ) {
    const [path = '', query] = (request.url ?? '').split(/\?(.*)/s)
    this.method = request.method ?? ''
    this.path = path
    this.query = new URLSearchParams(query)
  }

  /** A header that may occur once. */
  header(name: string): string | undefined {
    const value = this.request.headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  /** The request's body, possibly cut by a fault. */
  get body(): Readable {
    const { request, fault } = this
    if (fault?.kind !== 'cut-request') return request
    const end = async () => void request.socket.destroy()
    // No read-ahead: buffered bytes would be lost at the end.
    return Readable.from(cut(request, fault.after, end), { objectMode: false, highWaterMark: 0 })
  }

  /** Responds with an empty or small body. */
  async answer(status: number, headers: Headers = {}, body: Uint8Array | string = ''): Promise<void> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    // https://www.rfc-editor.org/rfc/rfc9110#section-8.6: never with 204.
    const length = status === 204 ? {} : { 'content-length': bytes.byteLength }
    await this.answerStream(status, { ...length, ...headers }, Readable.from([bytes]))
  }

  /** Answers with JSON. */
  async answerJson(value: unknown, headers: Headers = {}): Promise<void> {
    await this.answer(200, { 'content-type': 'application/json', ...headers }, JSON.stringify(value))
  }

  /** Responds with a stream whose size is in `content-length`. */
  async answerStream(status: number, headers: Headers, body: Readable): Promise<void> {
    if (this.fault?.kind === 'lose-answer') {
      body.destroy()
      this.response.destroy()
      return
    }
    this.response.writeHead(status, { ...headers })
    if (this.method === 'HEAD') {
      body.destroy()
      this.response.end()
      return
    }
    const { fault, response } = this
    // Ending the socket sends pending data first; destroying it would not.
    const end = () => new Promise<void>((resolve) => this.request.socket.end(resolve))
    await pipeline(fault?.kind === 'cut-answer' ? cut(body, fault.after, end) : body, response)
  }

  /** Whether the client has disconnected. */
  get isLost(): boolean {
    // The socket is null after the connection has ended.
    return this.response.headersSent || (this.response.socket?.destroyed ?? true)
  }

  /** Responds with the error, or closes the connection if a response has begun. */
  async answerError(error: unknown): Promise<void> {
    if (this.isLost) {
      this.response.destroy()
      return
    }
    const failed: ProtocolError = asProtocolError(error)
    const headers = { 'content-type': 'application/json', ...failed.headers }
    await this.answer(failed.status, headers, failed.toJson())
    this.#drain()
  }

  /** Reads some more of an incomplete body. */
  #drain(): void {
    const { request } = this
    if (request.readableEnded || request.destroyed) return
    let left = DRAIN.size
    request.on('data', (chunk: Uint8Array) => {
      left -= chunk.byteLength
      if (left < 0) request.pause()
    })
    const timer = setTimeout(() => request.destroy(), DRAIN.time)
    for (const end of ['end', 'close']) request.once(end, () => clearTimeout(timer))
  }
}

/** Passes the first bytes, then closes the connection. */
async function* cut(
  source: AsyncIterable<Uint8Array>,
  after: number,
  end: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let left = after
  for await (const chunk of source) {
    if (left > 0) yield chunk.subarray(0, left)
    left -= chunk.byteLength
    if (left > 0) continue
    await end()
    throw new Error('the connection was cut by a fault rule')
  }
}
