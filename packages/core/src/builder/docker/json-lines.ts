import { EngineError } from '../../model/errors.js'

const NEWLINE = 0x0a

/**
 * The JSON values of a stream that has one on each line.
 *
 * Lines are cut as bytes, so that a character which arrives in two pieces stays whole; a last line needs no newline.
 *
 * @throws ENGINE_REJECTED where a line is not JSON.
 */
export async function* readJsonLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  let pending: Uint8Array[] = []
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end))
      yield* parseLine(pending)
      pending = []
      start = end + 1
    }
    if (start < chunk.length) pending.push(chunk.subarray(start))
  }
  yield* parseLine(pending)
}

function* parseLine(pieces: readonly Uint8Array[]): Generator<unknown> {
  const line = Buffer.concat(pieces).toString().trim()
  if (line === '') return
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new EngineError('ENGINE_REJECTED', 'the engine sent a line of progress that is not JSON', { cause })
  }
  yield value
}
