import type { Readable } from 'node:stream'
import { quoteServer } from './redaction.js'

/** The methods of the distribution protocol. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The content of a request; it can be opened more than once, since a request may have to be sent again. */
export type RequestBody = Uint8Array | { readonly size: number; open(): Readable | Promise<Readable> }

/** One HTTP request. */
export interface HttpRequest {
  readonly method: Method
  readonly url: URL
  /** Path and query as the server wrote them, if a URL would change them. */
  readonly path?: string | undefined
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The Authorization header, or a promise of it: the connection is opened meanwhile. */
  readonly authorization?: string | Promise<string | undefined> | undefined
  readonly body?: RequestBody | undefined
  /** Bytes that the host may have to move before it answers. */
  readonly moves?: number
  /** Whether the body may be sent to this origin only: redirects to others are rejected. */
  readonly hasSecret?: boolean
}

/** An HTTP response whose body must be read or discarded. */
export interface HttpAnswer {
  /** URL of the response, after redirects. */
  readonly url: URL
  readonly status: number
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>
  readonly body: Readable
}

/** The first value of a header. */
export function headerOf(answer: HttpAnswer, name: string): string | undefined {
  return answer.headers[name]?.[0]
}

/** A header that is a list, its lines joined. */
export function listHeaderOf(answer: HttpAnswer, name: string): string {
  return answer.headers[name]?.join(', ') ?? ''
}

/** Note for errors on a response in an encoding that this client did not request; empty if there is none. */
export function encodingNote(answer: HttpAnswer): string {
  const encoding = listHeaderOf(answer, 'content-encoding')
  return encoding === '' || encoding.toLowerCase() === 'identity'
    ? ''
    : `; it came with 'Content-Encoding: ${quoteServer(encoding, [])}', which was not requested`
}

/** In bytes: reading more costs more than a new connection. */
const SMALL = 64 * 1024

/** Discards a small body, so that the connection can be reused. Errors are ignored. */
export async function discard(answer: HttpAnswer): Promise<void> {
  await readBounded(answer, SMALL).catch(() => undefined)
}

/** Reads a body of at most `limit` bytes; undefined if there is more. */
export async function readBounded({ body }: HttpAnswer, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  // Uses events: most responses are one small chunk, for which an iterator costs several times as much.
  return new Promise((resolve, reject) => {
    body
      .on('data', (chunk: Buffer) => {
        size += chunk.byteLength
        if (size <= limit) return chunks.push(chunk)
        resolve(undefined)
        // Closes the connection too, because the rest may be endless.
        return body.destroy()
      })
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', reject)
      .once('close', () => reject(new Error('the response ended early')))
    if (body.errored) reject(body.errored)
  })
}
