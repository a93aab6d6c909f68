import { execFile } from 'node:child_process'
import { chmod, link, lstat, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import type { FileEntry } from '../../src/context/context-file.js'
import { filePath } from '../../src/context/files/raw-name.js'
import { openContext } from '../../src/context/open-context.js'
import { compareWithRecord } from '../../src/steps/image/context/context-difference.js'
import { recordOf } from '../../src/steps/image/context/context-record.js'
import { PLAIN_HASH } from '../../src/steps/input-hash.js'
import { listDirectory } from './listed.js'

let folder: TempFolder
let root = ''
beforeEach(async () => {
  folder = await tempFolder('select')
  root = join(folder.path, 'context')
  await put('Dockerfile', 'FROM scratch\n')
})
afterEach(() => folder[Symbol.asyncDispose]())

async function put(path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), content)
}

async function linkTo(target: string, path: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await symlink(target, join(root, path))
}

async function selected(...paths: readonly string[]): Promise<readonly string[]> {
  const { listing } = await listDirectory({ directory: root, paths })
  return listing.entries.map(({ path }) => path)
}

const all = async () => (await listDirectory({ directory: root })).listing
const fileOf = async (path: string): Promise<FileEntry> => {
  const entry = (await all()).entries.find((one) => one.path === path)
  if (entry?.kind !== 'file') throw new Error(`${path} is a file`)
  return entry
}

it('a context that is not read is not listed', async () => {
  const context = await openContext({ context: { kind: 'directory', path: root }, dockerfile: 'Dockerfile' })
  await rm(root, { recursive: true })
  expect((await context.select([])).entries).toEqual([])
})

describe('what is selected', () => {
  beforeEach(async () => {
    for (const path of ['a/b/c', 'a/b/d', 'a/e', 'a-b', 'a.txt', 'x/one.c', 'x/two.c', 'x/two.h', 'y/one.c', 'z*/f']) {
      await put(path)
    }
  })

  it.each<[readonly string[], readonly string[]]>([
    [['a/b'], ['a', 'a/b', 'a/b/c', 'a/b/d']],
    [['/a/b/'], ['a', 'a/b', 'a/b/c', 'a/b/d']],
    [
      ['./a/../a.txt', '../../a-b'],
      ['a-b', 'a.txt'],
    ],
    [['none', 'a/none', 'a.txt/below', 'a/*/none'], []],
    [['*/one.c'], ['x', 'x/one.c', 'y', 'y/one.c']],
    [['x/t?o.[ch]'], ['x', 'x/two.c', 'x/two.h']],
    [['x/[^t]*'], ['x', 'x/one.c']],
    [['z\\*'], ['z*', 'z*/f']],
    [['z*/f'], ['z*', 'z*/f']],
    [['x/**/two.h'], ['x', 'x/one.c', 'x/two.c', 'x/two.h']],
    [
      ['a/e', 'a/b/c', 'a/e'],
      ['a', 'a/b', 'a/b/c', 'a/e'],
    ],
  ])('%j is what lies at and below it, with its parents', async (paths, expected) => {
    expect(await selected(...paths)).toEqual(expected)
  })

  it.each(['', '.', '/', './/', 'a/..'])("'%s' is everything, in the order of the receiver", async (path) => {
    const everything = await selected(path)
    expect(everything).toEqual((await all()).entries.map((entry) => entry.path))
    expect(everything.slice(0, 8)).toEqual(['Dockerfile', 'a', 'a/b', 'a/b/c', 'a/b/d', 'a/e', 'a-b', 'a.txt'])
  })

  it('follows links on the way and at the end, inside the context alone', async () => {
    await linkTo('../a/b', 'links/relative')
    await linkTo('/x', 'links/absolute')
    await linkTo('../../../../y', 'links/outside')
    await linkTo('/links/relative', 'links/chain')
    await linkTo('circle', 'links/circle')
    await linkTo('/z*', 'links/star')
    const ab = ['a', 'a/b', 'a/b/c', 'links', 'links/relative']
    expect(await selected('links/relative/c')).toEqual(ab)
    expect(await selected('links/chain/c')).toEqual([...ab.slice(0, 4), 'links/chain', 'links/relative'])
    expect(await selected('links/absolute')).toEqual([
      ...['links', 'links/absolute', 'x', 'x/one.c', 'x/two.c', 'x/two.h'],
    ])
    expect(await selected('links/outside')).toEqual(['links', 'links/outside', 'y', 'y/one.c'])
    expect(await selected('links/circle/x')).toEqual(['links', 'links/circle'])
    expect(await selected('links/star')).toEqual(['links', 'links/star', 'z*', 'z*/f'])
    expect(await selected('lin*/rel*/c')).toEqual(ab)
  })

  it('omits what is ignored, keeps parents of what is not, and follows an ignored link', async () => {
    await linkTo('a/b', 'link')
    await put('.dockerignore', 'a\n!a/b/c\nlink\nx/*.c\n')
    expect(await selected('a', 'x')).toEqual(['a', 'a/b', 'a/b/c', 'x', 'x/two.h'])
    expect(await selected('link/c')).toEqual(['a', 'a/b', 'a/b/c'])
    expect(await selected('a/e')).toEqual([])
  })

  it('is all that is read: a folder that cannot be, and a file that is gone, do not matter elsewhere', async () => {
    await put('private/file')
    await chmod(join(root, 'private'), 0)
    const isRoot = process.geteuid?.() === 0
    await chmod(folder.path, 0o755)
    if (isRoot) process.seteuid?.(65_534)
    try {
      expect(await selected('a/e')).toEqual(['a', 'a/e'])
      await expect(selected('private')).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
    } finally {
      if (isRoot) process.seteuid?.(0)
      await chmod(join(root, 'private'), 0o700)
    }
  })

  it('is read once, however often it is selected, and can be cancelled', async () => {
    await put('a/e', 'as it was')
    const context = await openContext({ context: { kind: 'directory', path: root }, dockerfile: 'Dockerfile' })
    const [first] = await Promise.all([context.select(['a/e']), context.select(['a'])])
    await put('a/e', 'other')
    const again = await context.select('all')
    expect(again.entries.find(({ path }) => path === 'a/e')).toBe(first.entries[1])
    expect(await context.select('all')).toBe(again)
    const cancelled = AbortSignal.abort()
    await expect(context.select(['x'], cancelled)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await context.select(['x'])).entries).toHaveLength(4)
    const [entry] = (await context.select(['a/e'])).entries.slice(1)
    await expect(buffer(context.read(entry as FileEntry))).rejects.toMatchObject({ code: 'CONTEXT_UNREADABLE' })
  })
})

describe('an entry', () => {
  it('has its own mode, or that of git if requested', async () => {
    const modes = { secret: 0, private: 0o600, setuid: 0o4755, setgid: 0o2711, group: 0o674 }
    for (const [path, mode] of Object.entries(modes)) {
      await put(path, path)
      await chmod(join(root, path), mode)
    }
    await mkdir(join(root, 'sticky'))
    await chmod(join(root, 'sticky'), 0o1777)
    const modesOf = async (fileModes: 'exact' | 'git') => {
      const { listing } = await listDirectory({ directory: root, fileModes, paths: [...Object.keys(modes), 'sticky'] })
      return Object.fromEntries(listing.entries.map((entry) => [entry.path, 'mode' in entry && entry.mode]))
    }
    // Root alone can read the file that nobody may.
    if (process.geteuid?.() !== 0) await chmod(join(root, 'secret'), 0o400)
    const { mode } = await lstat(join(root, 'secret'))
    expect(await modesOf('exact')).toEqual({ ...modes, secret: mode & 0o7777, sticky: 0o1777 })
    const git = { secret: 0o644, private: 0o644, setuid: 0o755, setgid: 0o755, group: 0o644, sticky: 0o755 }
    expect(await modesOf('git')).toEqual(git)
  })

  it.each([-3_000_000_000_000, -250, 0, 4_102_444_800_000, 17_000_000_000_000])(
    'keeps its time, %d ms',
    async (time) => {
      await put('a')
      // As a date: node takes a negative number for the present.
      const date = new Date(time)
      await utimes(join(root, 'a'), date, date)
      // A file system that cannot hold the time has put another one in its place.
      expect((await fileOf('a')).modified).toBe((await lstat(join(root, 'a'))).mtimeMs)
    },
  )

  it('names the earlier entry of the listing that is the same file', async () => {
    await put('b', 'content')
    await link(join(root, 'b'), join(root, 'a'))
    await link(join(root, 'b'), join(root, 'c'))
    const linksOf = async (...paths: readonly string[]) =>
      (await listDirectory({ directory: root, paths })).listing.entries.map((entry) => 'link' in entry && entry.link)
    expect(await linksOf('a', 'b', 'c')).toEqual([false, 'a', 'a'])
    expect(await linksOf('b', 'c')).toEqual([false, 'b'])
    expect(await linksOf('c')).toEqual([false])
  })

  it('keeps every byte of a name that is not UTF-8', async () => {
    const name = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x2e, 0xed, 0xb3, 0xa9])
    const raw = (path: Buffer) => Buffer.concat([Buffer.from(`${root}/`), path])
    try {
      await writeFile(raw(name), 'x')
    } catch (error) {
      // macOS has no such names.
      expect(error).toMatchObject({ code: 'EILSEQ' })
      return
    }
    await writeFile(join(root, 'caf\uFFFD'), 'y')
    await symlink(name, join(root, 'link'))
    const { context, listing } = await listDirectory({ directory: root })
    const found = listing.entries.find(({ rawPath }) => rawPath !== undefined)
    expect(found).toMatchObject({ kind: 'file', path: 'caf\uDCE9.\uDCED\uDCB3\uDCA9', rawPath: name })
    expect(Buffer.from(filePath(context.directory, found?.path ?? '')).equals(raw(name))).toBe(true)
    expect(listing.entries.find(({ path }) => path === 'link')).toMatchObject({ rawTarget: name })
    expect(listing.entries.map(({ path }) => path)).toEqual(
      ['Dockerfile', found?.path, 'caf\uFFFD', 'link'].toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b))),
    )
    expect(String(await buffer(context.read(found as FileEntry)))).toBe('x')
    expect((await context.select(['link'])).entries).toHaveLength(2)
    await rm(raw(name))
    await writeFile(raw(Buffer.from([0x63, 0x61, 0x66, 0xea, 0x2e, 0xed, 0xb3, 0xa9])), 'x')
    expect((await all()).digest).not.toBe(listing.digest)
    function bytesOf(path = ''): Buffer {
      return path === found?.path ? name : Buffer.from(path)
    }
  })
})

it('a Dockerfile that is a pipe is rejected, and not waited for', async () => {
  await promisify(execFile)('mkfifo', [join(root, 'pipe')])
  await expect(listDirectory({ directory: root, dockerfile: 'pipe' })).rejects.toThrow(
    "Dockerfile 'pipe' is not a file",
  )
})

it('the record of a context reports where the mode alone differs, and leaves the Dockerfile to its own lines', async () => {
  for (const path of ['src/mode', 'src/content', 'gone']) await put(path, path)
  const listed = async () => ({ ...(await listDirectory({ directory: root })), hash: PLAIN_HASH })
  const record = recordOf(await listed())
  expect(compareWithRecord(await listed(), record)).toEqual({
    paths: [],
    changed: 0,
    removed: 0,
  })
  await chmod(join(root, 'src/mode'), 0o600)
  await chmod(join(root, 'src'), 0o700)
  await put('src/content', 'other')
  await put('Dockerfile', 'FROM scratch\nCOPY . /\n')
  await put('new/file')
  await rm(join(root, 'gone'))
  expect(compareWithRecord(await listed(), record)).toEqual({
    paths: [
      { path: 'new/file', change: 'added' },
      { path: 'src', change: 'mode' },
      { path: 'src/content', change: 'changed' },
      { path: 'src/mode', change: 'mode' },
    ],
    changed: 4,
    removed: 1,
    line: 2,
  })
})
