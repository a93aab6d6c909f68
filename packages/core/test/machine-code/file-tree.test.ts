import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/support/processor-time.js'
import { FileTree } from '../../src/machine-code/file-tree.js'
import type { LayerEntry, LayerFiles } from '../../src/machine-code/layer-files.js'

const AMD64: LayerEntry = { kind: 'executable', code: { architecture: 'amd64' } }
const sameAs = (path: string): LayerEntry => ({ kind: 'same-as', path })

function layer(entries: Readonly<Record<string, LayerEntry>>, ...removed: readonly string[]): LayerFiles {
  return { entries: new Map(Object.entries(entries)), removed: new Set(removed), opaque: new Set(), memory: 0 }
}

test('another name of a file of a lower layer keeps it, whatever later layers do to the first name', () => {
  const tree = new FileTree([
    layer({ 'bin/busybox': AMD64 }),
    layer({ 'bin/sh': sameAs('bin/busybox') }),
    layer({}, 'bin/busybox'),
  ])
  expect(tree.executable('bin/busybox')).toBeUndefined()
  expect(tree.executable('bin/sh')).toEqual({ path: '/bin/sh', code: { architecture: 'amd64' } })
})

const linkTo = (target: string): LayerEntry => ({ kind: 'link', target })

test.each([
  ['a link with thousands of parts', { bin: linkTo('a/'.repeat(2000)) }],
  ['links that lengthen each other', { a: linkTo('a/'.repeat(2000)), bin: linkTo('a') }],
  [
    'links that go back and forth',
    Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [at === 0 ? 'bin' : `l${at}`, linkTo(`${'d/../'.repeat(800)}l${at + 1}`)]),
    ),
  ],
  ['a link that no system has', { bin: linkTo('a/'.repeat(1_000_000)) }],
])('%s: given up at once', async (_what, entries) => {
  const below = Array.from({ length: 100 }, (_, at) => layer({ [`layer${at}`]: AMD64 }))
  const tree = new FileTree([layer(entries), ...below])
  const resolve = () => expect(tree.executable('bin/sh')).toBeUndefined()
  expect(await processorTime(resolve)).toBeLessThan(2000)
})

test('what a directory, a removal or an opaque directory hides stays hidden', () => {
  const base = layer({ 'a/b/c': AMD64, 'a/b/d': AMD64, 'e/f': AMD64, 'g/h': AMD64 })
  const upper: LayerFiles = { ...layer({ e: AMD64 }, 'a/b/c'), opaque: new Set(['g']) }
  const tree = new FileTree([base, upper])
  const found = ['a/b/c', 'a/b/d', 'e/f', 'g/h', 'e'].map((path) => tree.executable(path)?.path)
  expect(found).toEqual([undefined, '/a/b/d', undefined, undefined, '/e'])
})

test('names that are each other’s are no file', () => {
  const tree = new FileTree([layer({ a: sameAs('b') }), layer({ b: sameAs('a') }), layer({ c: sameAs('c') })])
  expect(['a', 'b', 'c'].map((path) => tree.executable(path))).toEqual([undefined, undefined, undefined])
})
