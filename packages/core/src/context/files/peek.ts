import type { Readable } from 'node:stream'
import { streamOf } from '../../model/async/stream-of.js'

/** The first bytes of a stream, and the whole stream. */
export interface Peeked {
  readonly first: Buffer
  readonly all: Readable
}

/** Reads the first bytes of a stream: the requested number, or fewer at its end. Throws as the stream does. */
export async function peek(bytes: AsyncIterable<Uint8Array>, size: number): Promise<Peeked> {
  const iterator = bytes[Symbol.asyncIterator]()
  let first: Buffer = Buffer.alloc(0)
  while (first.length < size) {
    const { value, done } = await iterator.next()
    if (done) break
    first = Buffer.concat([first, value])
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    if (first.length > 0) yield first
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { first, all: streamOf(all(), () => void iterator.return?.().catch(() => {})) }
}
