import { Readable } from 'node:stream'

/** The start of a stream, and the stream from its start. */
export interface Peeked {
  readonly first: Buffer
  readonly all: Readable
}

/** Looks at the first bytes of a stream: as many as are asked for, fewer where it has no more. Throws as the stream does. */
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
  // A stream that is destroyed before it was read never starts its generator, which then ends nothing.
  const close = () => void iterator.return?.().catch(() => {})
  return { first, all: Readable.from(all(), { objectMode: false }).once('close', close) }
}
