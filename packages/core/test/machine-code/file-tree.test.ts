import { expect, test } from 'vitest'
import { FileTree } from '../../src/machine-code/file-tree.js'
import type { LayerEntry, LayerFiles } from '../../src/machine-code/layer-files.js'

const AMD64: LayerEntry = { kind: 'executable', code: { architecture: 'amd64' } }
const sameAs = (path: string): LayerEntry => ({ kind: 'same-as', path })

function layer(entries: Readonly<Record<string, LayerEntry>>, ...removed: readonly string[]): LayerFiles {
  return { entries: new Map(Object.entries(entries)), removed: new Set(removed), opaque: new Set() }
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

test('names that are each other’s are no file', () => {
  const tree = new FileTree([layer({ a: sameAs('b') }), layer({ b: sameAs('a') }), layer({ c: sameAs('c') })])
  expect(['a', 'b', 'c'].map((path) => tree.executable(path))).toEqual([undefined, undefined, undefined])
})
