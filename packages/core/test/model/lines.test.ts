import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/model/limits.js'
import { LineTooLong, readLines } from '../../src/model/lines.js'

async function linesOf(...chunks: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  async function* stream() {
    yield* chunks.map((chunk) => Buffer.from(chunk))
  }
  const lines: string[] = []
  for await (const line of readLines(stream())) lines.push(line)
  return lines
}

describe('readLines', () => {
  it('cuts at newlines, wherever the chunks end', async () => {
    expect(await linesOf('one\ntw', 'o\n', '\nfour')).toEqual(['one', 'two', '', 'four'])
    expect(await linesOf('a', 'b', 'c\nd\n')).toEqual(['abc', 'd'])
    expect(await linesOf('one\n')).toEqual(['one'])
    expect(await linesOf('')).toEqual([])
    expect(await linesOf('\n')).toEqual([''])
  })

  it('keeps a character whole that is in two chunks', async () => {
    const [first, ...rest] = Buffer.from('ä')
    expect(await linesOf(Uint8Array.of(first ?? 0), Uint8Array.from(rest))).toEqual(['ä'])
  })

  it('rejects a line that is longer than the limit, and none that is as long', async () => {
    const chunk = Buffer.alloc(LIMITS.line / 4, 'x')
    const full = [chunk, chunk, chunk, chunk]
    expect((await linesOf(...full, '\n', ...full)).map((line) => line.length)).toEqual([LIMITS.line, LIMITS.line])
    const refused = linesOf(...full, 'x')
    await expect(refused).rejects.toThrow(LineTooLong)
    await expect(refused).rejects.toThrow(String(LIMITS.line))
  })
})
