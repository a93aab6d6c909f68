import { expect, test } from 'vitest'
import { readJsonLines } from '../../../src/builder/docker/json-lines.js'

async function readAll(chunks: readonly Uint8Array[]): Promise<readonly unknown[]> {
  async function* source() {
    yield* chunks
  }
  const values: unknown[] = []
  for await (const value of readJsonLines(source())) values.push(value)
  return values
}

test('yields the value of each line, in chunks of any size', async () => {
  const bytes = Buffer.from('{"a":"é€😀"}\r\n\n{"b":2}\n')
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(await readAll([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([{ a: 'é€😀' }, { b: 2 }])
  }
  expect(await readAll([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual([{ a: 'é€😀' }, { b: 2 }])
})

test('keeps a last line that has no newline', async () => {
  expect(await readAll([Buffer.from('{"a":1}\n{"b":2}')])).toEqual([{ a: 1 }, { b: 2 }])
})

test('rejects a line that is not JSON', async () => {
  await expect(readAll([Buffer.from('{"a":1}\nhello\n')])).rejects.toMatchObject({ code: 'ENGINE_REJECTED' })
})

test.each(['null', '1', '"text"', '[]', `${'['.repeat(1000)}`])(
  'refuses the line %s, which is no object',
  async (line) => {
    const error = { code: 'ENGINE_REJECTED', hint: expect.stringMatching(/./) }
    await expect(readAll([Buffer.from(`${line}\n`)])).rejects.toMatchObject(error)
  },
)

test('yields nothing for an empty stream', async () => {
  expect(await readAll([])).toEqual([])
})
