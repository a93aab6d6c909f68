import { expect, test } from 'vitest'
import { processorTime } from '../../../../test/support/processor-time.js'
import { FileTree } from '../../src/machine-code/file-tree.js'
import type { LayerEntry, LayerFiles } from '../../src/machine-code/layer-files.js'
import { cleanPath, joinPath, splitPath } from '../../src/machine-code/paths.js'
import { LIMITS } from '../../src/model/limits.js'

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

test.each<[what: string, path: string, entries: Readonly<Record<string, LayerEntry>>]>([
  ['a path with a slash before it, dots and doubled slashes', '/./usr//x/../bin/sh', {}],
  ['a path that leaves the root', '../../usr/bin/sh', {}],
  ['an absolute link', 'a/b', { 'a/b': linkTo('/usr/bin/sh') }],
  ['a relative link', 'a/b', { 'a/b': linkTo('../usr/bin/sh') }],
  ['a link to a directory', 'bin/sh', { bin: linkTo('usr/bin') }],
  ['a link in a directory of the same name', 'usr/a', { 'usr/a': linkTo('bin/sh') }],
  ['a link to a link', 'a', { a: linkTo('b'), b: linkTo('usr/bin/sh') }],
])('%s leads to the executable', (_what, path, entries) => {
  const tree = new FileTree([layer({ 'usr/bin/sh': AMD64, ...entries })])
  expect(tree.executable(path)).toEqual({ path: '/usr/bin/sh', code: { architecture: 'amd64' } })
})

test('as many links are followed, as many directories and as long paths, as Linux does', () => {
  const chain = (links: number) =>
    new FileTree([
      layer({
        ...Object.fromEntries(Array.from({ length: links }, (_, at) => [`l${at}`, linkTo(`l${at + 1}`)])),
        [`l${links}`]: AMD64,
      }),
    ])
  expect(chain(LIMITS.links).executable('l0')?.path).toBe(`/l${LIMITS.links}`)
  expect(chain(LIMITS.links + 1).executable('l0')).toBeUndefined()

  const deep = (parts: number) => new FileTree([layer({ sh: AMD64 })]).executable(`${'./'.repeat(parts)}sh`)?.path
  expect(deep(LIMITS.pathDepth)).toBe('/sh')
  expect(deep(LIMITS.pathDepth + 1)).toBeUndefined()

  const target = (length: number) => {
    const link = linkTo(`/${'x'.repeat(length - 4)}/sh`)
    return new FileTree([layer({ a: link, [`${'x'.repeat(length - 4)}/sh`]: AMD64 })]).executable('a')?.path.length
  }
  expect(target(LIMITS.path)).toBe(LIMITS.path)
  expect(target(LIMITS.path + 1)).toBeUndefined()

  const long = (length: number) => {
    const directory = 'x'.repeat(length)
    return new FileTree([layer({ [`${directory}/sh`]: AMD64 })]).executable(`${directory}/sh`)?.path.length
  }
  expect(long(LIMITS.path)).toBe(LIMITS.path + 4)
  expect(long(LIMITS.path + 1)).toBeUndefined()
})

test('all executables are listed by path, as the upper layers leave them', () => {
  const script: LayerEntry = { kind: 'executable', code: undefined }
  const directory: LayerEntry = { kind: 'directory' }
  const tree = new FileTree([
    layer({ b: AMD64, a: AMD64, gone: AMD64, 'd/e': AMD64, 'f/g': AMD64, 'l/m': AMD64, script }),
    layer({ b: { kind: 'executable', code: { architecture: 'arm' } }, d: directory, f: linkTo('d') }, 'gone', 'l'),
    layer({ b: sameAs('a'), c: sameAs('none') }),
  ])
  expect([...tree.executables()]).toEqual([
    { path: '/a', code: { architecture: 'amd64' } },
    { path: '/b', code: { architecture: 'amd64' } },
    { path: '/d/e', code: { architecture: 'amd64' } },
  ])
  expect(['script', 'd', 'c', 'l/m', 'f/e'].map((path) => tree.executable(path)?.path)).toEqual([
    ...[undefined, undefined, undefined, undefined],
    '/d/e',
  ])
})

test('a removal, or an opaque directory, hides what is far below it, in its own and in lower layers only', () => {
  const base = layer({ 'a/b/c/d': AMD64, 'a/x': AMD64, 'o/p/q': AMD64, r: AMD64 })
  const upper: LayerFiles = { ...layer({ 'o/own': AMD64 }, 'a/b'), opaque: new Set(['o']) }
  const hidden = new FileTree([base, upper])
  const paths = ['a/b/c/d', 'a/x', 'o/p/q', 'o/own', 'r']
  expect(paths.map((path) => hidden.executable(path)?.path)).toEqual([undefined, '/a/x', undefined, '/o/own', '/r'])
  const added = new FileTree([base, upper, layer({ 'a/b/c/d': AMD64 })])
  expect(added.executable('a/b/c/d')?.path).toBe('/a/b/c/d')
  const all = new FileTree([base, { ...layer({}), opaque: new Set(['']) }])
  expect([...all.executables()]).toEqual([])
})

test.each([
  ['bin/sh', 'bin/sh', 'bin', 'sh'],
  ['./bin//sh', 'bin/sh', 'bin', 'sh'],
  ['/a/./b/c/', 'a/b/c', 'a/b', 'c'],
  ['a../.b', 'a../.b', 'a..', '.b'],
  ['a/../../b/./c', 'b/c', 'b', 'c'],
  ['/', '', '', ''],
  ['sh', 'sh', '', 'sh'],
])('the path %s is %s, with the directory %s and the name %s', (text, path, directory, name) => {
  expect(cleanPath(text)).toBe(path)
  expect(splitPath(path)).toEqual([directory, name])
  expect(joinPath(directory, name)).toBe(path)
})
