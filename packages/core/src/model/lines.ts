import { LIMITS } from './limits.js'

const NEWLINE = 0x0a

/** A line is longer than {@link LIMITS.line}; callers add its source. */
export class LineTooLong extends Error {
  constructor() {
    super(`a line has more than ${LIMITS.line} bytes`)
  }
}

/**
 * Splits a stream into lines. It splits bytes, so a character that spans two chunks stays whole. The last line needs no
 * newline.
 *
 * @throws LineTooLong
 */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end))
      yield textOf(pending)
      pending = []
      size = 0
      start = end + 1
    }
    if (start === chunk.length) continue
    pending.push(chunk.subarray(start))
    size += chunk.length - start
    if (size > LIMITS.line) throw new LineTooLong()
  }
  if (size > 0) yield textOf(pending)
}

function textOf(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString()
}
