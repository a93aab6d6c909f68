import { expect, test } from 'vitest'
import { parseJson } from '../../src/model/json.js'

test('JSON is parsed as usual', () => {
  const value = { a: ['[[[', '\\"{{{', { b: null }], '[': '"' }
  expect(parseJson(JSON.stringify(value))).toEqual(value)
  expect(() => parseJson('{')).toThrow(SyntaxError)
})

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('deep %s are refused', (_what, open, close) => {
  const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
  expect(parseJson(nested(100))).toBeDefined()
  expect(() => parseJson(nested(101))).toThrow('nested more than 100 deep')
  const began = performance.now()
  expect(() => parseJson(open.repeat(3_000_000))).toThrow('nested more than 100 deep')
  expect(performance.now() - began).toBeLessThan(1000)
})
