import { createReadStream } from 'node:fs'
import { lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { extract, type Header, pack } from 'tar-stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cleanup } from '../../../../../test/support/cleanup.js'
import { pushBlob } from '../../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { digestOf } from '../../../src/model/digest.js'
import { type Descriptor, MEDIA_TYPES } from '../../../src/model/oci.js'
import { replaceWhole } from '../../../src/operations/outputs/incoming.js'
import { type RootImage, writeRootArchive, writeRootDirectory } from '../../../src/operations/outputs/root-output.js'
import { createRegistry } from '../../../src/registry/client.js'
import type { Registry } from '../../../src/registry/port.js'
import { type TestRegistry, testRegistry } from '../../registry-server/test-registry.js'

type LayerEntry = Pick<Header, 'name'> & Partial<Header> & { readonly content?: string }

const cleanup = new Cleanup()
let folder: string
let server: TestRegistry
let registry: Registry

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('outputs')).path
  server = cleanup.use(await testRegistry())
  registry = cleanup.use(createRegistry())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const dir = (name: string, mode = 0o755): LayerEntry => ({ name: `${name}/`, type: 'directory', mode })
// tar-stream takes a mode of 0 for a missing one.
const file = (name: string, content: string, mode = 0o644): LayerEntry => ({
  name,
  type: 'file',
  content,
  mode: mode || 0o10000,
})
const link = (name: string, linkname: string): LayerEntry => ({ name, type: 'link', linkname })
const symlink = (name: string, linkname: string): LayerEntry => ({ name, type: 'symlink', linkname })

async function packLayer(entries: readonly LayerEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) {
    tar.entry({ mtime: new Date(0), ...header }, content ?? '')
  }
  tar.finalize()
  return gzipSync(await buffer(tar))
}

/** Pushes layers. @returns the image that they make up */
async function imageOf(
  layers: readonly (readonly LayerEntry[])[],
  platform = { os: 'linux', architecture: 'amd64' },
): Promise<RootImage> {
  const descriptors: Descriptor[] = []
  for (const entries of layers) {
    const bytes = await packLayer(entries)
    const descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(bytes), size: bytes.byteLength }
    await pushBlob({ url: server.server.url, repository: 'app' }, { descriptor, bytes })
    descriptors.push(descriptor)
  }
  const [config = { mediaType: '', digest: digestOf(''), size: 0 }] = descriptors
  const reference = { registry: server.server.host, repository: 'app' }
  return { reference, platform, manifest: { schemaVersion: 2, config, layers: descriptors } }
}

/** The entries of an archive, in its order: the content of files, and where links lead. */
async function listOf(path: string): Promise<readonly (readonly [string, string])[]> {
  const list: [string, string][] = []
  for await (const entry of createReadStream(path).pipe(extract())) {
    const { name, type, linkname, mode } = entry.header
    const content = type === 'file' ? await text(entry) : type === 'directory' ? (mode ?? 0).toString(8) : ''
    list.push([name, type === 'link' ? `= ${linkname}` : type === 'symlink' ? `-> ${linkname}` : content])
    entry.resume()
  }
  return list
}

async function archiveOf(...images: readonly RootImage[]): Promise<readonly (readonly [string, string])[]> {
  const path = join(folder, `${digestOf(JSON.stringify(images.map(({ manifest }) => manifest))).slice(-12)}.tar`)
  await writeRootArchive(images, path, registry, {})
  return listOf(path)
}

it.each<[string, readonly (readonly LayerEntry[])[], Readonly<Record<string, string>>]>([
  ['a file over another one', [[file('a', 'old'), file('b', 'kept')], [file('a', 'new')]], { a: 'new', b: 'kept' }],
  [
    'files that are removed, with all below',
    [
      [dir('d'), file('d/a', '1'), file('b', '2'), file('c', '3')],
      [file('.wh.d', ''), file('.wh.b', '')],
    ],
    { c: '3' },
  ],
  [
    'what a layer adds where it removes the former',
    [
      [dir('d'), file('d/old', '1')],
      [file('.wh.d', ''), dir('d', 0o700), file('d/new', '2')],
    ],
    { 'd/': '700', 'd/new': '2' },
  ],
  [
    'what an opaque directory hides, and what it has itself',
    [
      [dir('d'), file('d/old', '1')],
      [dir('d'), file('d/new', '2'), file('d/.wh..wh..opq', '')],
    ],
    { 'd/': '755', 'd/new': '2' },
  ],
  ['a file over a directory', [[dir('d'), file('d/a', '1')], [file('d', 'file')]], { d: 'file' }],
  ['a directory over a symbolic link', [[symlink('d', '/etc')], [file('d/passwd', 'own')]], { 'd/passwd': 'own' }],
  [
    'the last mode of a directory',
    [[dir('d', 0o700), file('d/a', '1')], [dir('d', 0o711)]],
    { 'd/': '711', 'd/a': '1' },
  ],
  [
    'hard links, whose first name another file took',
    [
      [file('a', 'one'), link('b', 'a')],
      [link('c', 'b'), file('a', 'two')],
    ],
    { b: 'one', c: '= b', a: 'two' },
  ],
  ['a hard link to a file that was removed', [[file('a', 'one'), link('b', 'a')], [file('.wh.a', '')]], { b: 'one' }],
  ['a symbolic link', [[symlink('a', '../b')]], { a: '-> ../b' }],
])('the root file system has %s', async (_what, layers, expected) => {
  expect(Object.fromEntries(await archiveOf(await imageOf(layers)))).toEqual(expected)
})

it('directories come before what is in them, whichever layer describes them', async () => {
  const layers = [[file('a/b/c', '1')], [dir('a'), dir('a/b')]]
  expect((await archiveOf(await imageOf(layers))).map(([name]) => name)).toEqual(['a/', 'a/b/', 'a/b/c'])
})

it('several platforms have a directory each, with their hard links in it', async () => {
  const arm = { os: 'linux', architecture: 'arm', variant: 'v7' }
  const amd64 = await imageOf([[file('a', 'amd64'), link('b', 'a')]])
  expect(await archiveOf(amd64, await imageOf([[file('a', 'arm')]], arm))).toEqual([
    ['linux_amd64/', '755'],
    ['linux_amd64/a', 'amd64'],
    ['linux_amd64/b', '= linux_amd64/a'],
    ['linux_arm_v7/', '755'],
    ['linux_arm_v7/a', 'arm'],
  ])
})

it('a directory gets files with their modes and links, and nothing outside of it', async () => {
  const image = await imageOf([
    [
      dir('d', 0o750),
      file('d/run', 'text', 0o4755),
      link('d/same', 'd/run'),
      symlink('out', '/etc'),
      file('zero', '', 0),
    ],
    [file('out/passwd', 'own')],
  ])
  const path = join(folder, 'directory')
  await writeRootDirectory([image], path, registry, {})
  expect((await readdir(path)).sort()).toEqual(['d', 'out', 'zero'])
  const [run, same] = await Promise.all(['d/run', 'd/same'].map((name) => stat(join(path, name))))
  expect([run?.mode.toString(8), run?.ino === same?.ino]).toEqual(['104755', true])
  expect((await lstat(join(path, 'd'))).mode & 0o777).toBe(0o750)
  expect((await lstat(join(path, 'zero'))).mode & 0o777).toBe(0)
  expect(await readFile(join(path, 'out', 'passwd'), 'utf8')).toBe('own')
})

it('a name that is not UTF-8, and a link to nothing, are rejected', async () => {
  const raw = { name: 'caf\uFFFD', content: '' }
  await expect(archiveOf(await imageOf([[raw]]))).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    message: expect.stringContaining('not UTF-8'),
  })
  await expect(archiveOf(await imageOf([[link('a', 'missing')]]))).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    message: expect.stringContaining("hard link to 'missing'"),
  })
})

it('a destination is replaced whole, or left as it was', async () => {
  const dest = join(folder, 'whole')
  await writeFile(dest, 'before')
  const failing = replaceWhole(dest, async (path) => {
    await writeFile(path, 'half')
    throw new Error('failed in the middle')
  })
  await expect(failing).rejects.toThrow('failed in the middle')
  expect(await readFile(dest, 'utf8')).toBe('before')
  await replaceWhole(dest, (path) => writeFile(path, 'after'))
  expect(await readFile(dest, 'utf8')).toBe('after')
  const directory = join(folder, 'empty')
  await mkdir(directory)
  await replaceWhole(directory, async (path) => void (await mkdir(path)))
  expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([])
  await expect(readlink(directory)).rejects.toMatchObject({ code: 'EINVAL' })
})
