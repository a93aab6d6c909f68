import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/support/processor-time.js'
import { parseJson } from '../../src/model/json.js'

test('JSON is parsed as usual', () => {
  const value = { a: ['[[[', '\\"{{{', { b: null }], '[': '"' }
  expect(parseJson(JSON.stringify(value))).toEqual(value)
  expect(() => parseJson('{')).toThrow(SyntaxError)
})

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('deep %s are rejected', async (_what, open, close) => {
  const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
  expect(parseJson(nested(100))).toBeDefined()
  expect(() => parseJson(nested(101))).toThrow('nested more than 100 deep')
  const refuse = () => expect(() => parseJson(open.repeat(3_000_000))).toThrow('nested more than 100 deep')
  expect(await processorTime(refuse)).toBeLessThan(1000)
})
