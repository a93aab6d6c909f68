import { Metadata } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { followPathsOf } from '../../../src/builder/buildkit/session/files/follow-paths.js'

/** Metadata as a server has it: Node joins the values of one header. */
function received(values: readonly string[], headers: Record<string, string> = {}): Metadata {
  const joined = values.length === 0 ? {} : { followpaths: values.join(', ') }
  return Metadata.fromHttp2Headers({ ...joined, ...headers })
}

test.each([
  { paths: ['src'] },
  { paths: ['*.txt', 'd?/*.md'] },
  { paths: ['a, b'] },
  { paths: ['one', 'two, with, commas', 'three'] },
  { paths: Array.from({ length: 200 }, (_, index) => `file${index}`) },
])('every path is among those read: $paths', ({ paths }) => {
  expect(followPathsOf(received(paths))).toEqual(expect.arrayContaining(paths))
})

test('no path means all', () => {
  expect(followPathsOf(received([]))).toEqual([])
})

test('escaped paths are read as they are', () => {
  const escaped = ['%C3%BC%2C+x', 'a+b%2Bc']
  expect(followPathsOf(received(escaped, { 'followpaths-encoded': '1' }))).toEqual(['ü, x', 'a b+c'])
})

test('the readings of many paths grow linearly with their number', () => {
  const paths = Array.from({ length: 2000 }, (_, index) => `f${index}`)
  expect(followPathsOf(received(paths)).length).toBeLessThan(2000 * 16 + 1)
})
