import { randomBytes } from 'node:crypto'
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { chmod, lstat, mkdir, readdir, readFile, rename, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ON_DISK, type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { ContextTree } from '../../src/context/context-tree.js'
import { readNodes } from '../../src/context/entries.js'
import { openStatCache } from '../../src/context/files/stat-cache.js'
import { NO_RULES } from '../../src/context/patterns/ignore-rules.js'
import { selectNodes } from '../../src/context/selection.js'
import { digestOf } from '../../src/model/digest.js'

/** In milliseconds: longer than a tick of any clock that these file systems use. */
const SETTLED = 30
/** As many files as it takes for the cache to be used. */
const FILES = 500

let folder: TempFolder
let directory = ''
let caches = ''
beforeEach(async () => {
  // The cache is not used for file systems in memory.
  folder = await tempFolder('stat-cache', ON_DISK)
  directory = join(folder.path, 'context')
  caches = join(folder.path, 'caches')
  await mkdir(directory)
})
afterEach(() => folder[Symbol.asyncDispose]())

async function list(isCached = true) {
  const nodes = await selectNodes(new ContextTree(directory, NO_RULES), 'all')
  const cache = isCached ? await openStatCache(directory, { folder: caches, settled: SETTLED }) : undefined
  await readNodes(directory, nodes, { openCache: async () => cache })
  await cache?.save()
  return nodes.map(({ read }) => read?.entry)
}

function writeFiles(): void {
  for (let at = 0; at < FILES; at++) writeFileSync(join(directory, `file-${at}`), `content ${at}`)
}

const cacheFile = async () => join(caches, (await readdir(caches))[0] ?? '')
/** Of the size that the file has, so that only its content differs. */
const content = () => randomBytes(8).toString('hex')

/** The status of a file on a file system whose clock moves in ticks of 10 ms; newer kernels have finer ones. */
function coarseStats(path: string): BigIntStats {
  const stats = lstatSync(path, { bigint: true })
  const coarse = (time: bigint) => time - (time % 10_000_000n)
  return Object.assign(stats, { ctimeNs: coarse(stats.ctimeNs), mtimeNs: coarse(stats.mtimeNs) })
}

function statusOf(path: string) {
  return { path, stats: coarseStats(path), digest: digestOf(readFileSync(path)) }
}

type Edit = (file: string, other: string) => void

/** Every way to give a file another content, but the same size. */
const EDITS: readonly (readonly [string, Edit])[] = [
  ['a write', (file) => writeFileSync(file, content())],
  ['a write in place', (file) => inPlace(file, (open) => writeSync(open, content(), 0))],
  ['a write of one byte', (file) => inPlace(file, (open) => writeSync(open, content().slice(0, 1), 7))],
  [
    'a truncation and a write of the same size',
    (file) => {
      truncateSync(file)
      inPlace(file, (open) => writeSync(open, content(), 0))
    },
  ],
  [
    'a truncation that is undone',
    (file) =>
      inPlace(file, (open) => {
        ftruncateSync(open, 3)
        ftruncateSync(open, 16)
      }),
  ],
  ['a write with the times put back', (file) => keepTimes(file, () => writeFileSync(file, content()))],
  [
    'a new file of the same times moved over it',
    (file) =>
      keepTimes(file, () => {
        writeFileSync(`${file}.new`, content())
        renameSync(`${file}.new`, file)
      }),
  ],
  [
    'a swap with another file',
    (file, other) => {
      renameSync(file, `${file}.swap`)
      renameSync(other, file)
      renameSync(`${file}.swap`, other)
    },
  ],
  [
    'a hard link to another file in its place',
    (file, other) => {
      rmSync(file)
      linkSync(other, file)
      writeFileSync(`${other}.new`, content())
      renameSync(`${other}.new`, other)
    },
  ],
  [
    'a write through another hard link',
    (file) => {
      const name = join(dirname(directory), 'another name')
      linkSync(file, name)
      keepTimes(file, () => writeFileSync(name, content()))
      rmSync(name)
    },
  ],
  ['a mode', (file) => chmodSync(file, 0o600 + Math.floor(Math.random() * 8))],
]

function inPlace(file: string, change: (open: number) => void): void {
  const open = openSync(file, 'r+')
  change(open)
  closeSync(open)
}

function keepTimes(file: string, change: () => void): void {
  const { atimeMs, mtimeMs } = lstatSync(file)
  change()
  utimesSync(file, atimeMs / 1000, mtimeMs / 1000)
}

describe.runIf(process.platform === 'linux')('digests that are kept by the status of files', () => {
  it('are used as long as a status is the same, and only those of files that changed are read', async () => {
    writeFiles()
    await setTimeout(2 * SETTLED)
    const first = await list()
    const file = await cacheFile()
    expect((await lstat(file)).mode & 0o777).toBe(0o600)
    expect(JSON.parse((await readFile(file, 'utf8')).split('\n')[1] ?? '')).toHaveLength(FILES + 1)
    const cache = await openStatCache(directory, { folder: caches, settled: SETTLED })
    const found = await Promise.all(
      first.map(async (entry) => {
        if (entry?.kind !== 'file') throw new Error('all are files')
        const digest = cache?.find(entry.path, await lstat(join(directory, entry.path), { bigint: true }))
        return digest === entry.digest
      }),
    )
    expect(new Set(found)).toEqual(new Set([true]))
    expect(await list()).toEqual(first)
  })

  it.each(EDITS)('are never those from before %s, however soon after a listing it comes', async (_, edit) => {
    writeFiles()
    const [file, other] = [join(directory, 'file-0'), join(directory, 'file-1')]
    for (const path of [file, other]) writeFileSync(path, content())
    for (const pause of [0, SETTLED - 1, SETTLED + 10, 2 * SETTLED]) {
      await setTimeout(pause)
      expect(await list()).toEqual(await list(false))
      edit(file, other)
      expect(await list()).toEqual(await list(false))
    }
  })

  it.each(EDITS)('are never those from before %s within the tick in which they were read', async (_, edit) => {
    const [file, other] = [join(directory, 'a'), join(directory, 'b')]
    for (const path of [file, other]) writeFileSync(path, content())
    const openCache = () => openStatCache(directory, { folder: caches, settled: SETTLED })
    const found = { lies: 0, kept: 0 }
    for (let round = 0; round < 40; round++) {
      // In every fourth round the files are old enough to be kept.
      const isOld = round % 4 === 0
      if (isOld) await setTimeout(SETTLED + 20)
      const cache = await openCache()
      // From here to the next promise less than a tick passes.
      const began = Date.now()
      if (!isOld) edit(file, other)
      const before = [file, other].map(statusOf)
      for (const { path, stats, digest } of before) cache?.add(path, stats, digest, began)
      edit(file, other)
      const after = [file, other].map(statusOf)
      await cache?.save()
      const next = await openCache()
      found.kept += before.filter(({ path, stats }) => next?.find(path, stats) !== undefined).length
      found.lies += after.filter(
        ({ path, stats, digest }) => ![undefined, digest].includes(next?.find(path, stats)),
      ).length
    }
    expect(found.lies).toBe(0)
    expect(found.kept).toBeGreaterThan(0)
  })

  it('are not kept of a file that changed shortly before it was read', async () => {
    await writeFile(join(directory, 'a'), 'x')
    const stats = await lstat(join(directory, 'a'), { bigint: true })
    const cache = await openStatCache(directory, { folder: caches, settled: 1000 })
    const [mtime, ctime] = [Number(stats.mtimeMs), Number(stats.ctimeMs)]
    const readAt = (began: number) => cache?.add('a', stats, digestOf('x'), began)
    for (const began of [mtime, ctime + 1000, ctime - 1]) readAt(began)
    await cache?.save()
    await expect(readdir(caches)).rejects.toMatchObject({ code: 'ENOENT' })
    readAt(Math.max(mtime, ctime) + 1001)
    await cache?.save()
    expect(await readdir(caches)).toHaveLength(1)
  })

  it.each<[string, (file: string) => Promise<unknown>]>([
    ['is cut', async (file) => writeFile(file, (await readFile(file)).subarray(0, 5000))],
    [
      'has a flipped digit',
      async (file) => writeFile(file, (await readFile(file, 'utf8')).replace(/[0-9](?=[^0-9]*$)/, 'f')),
    ],
    ['is empty', (file) => writeFile(file, '')],
    ['is of another version', (file) => writeFile(file, 'polyarch-context-0 x\n[]')],
    ['others can write', (file) => chmod(file, 0o666)],
    [
      'is a link',
      async (file) => {
        await rename(file, join(dirname(caches), 'elsewhere'))
        await symlink(join(dirname(caches), 'elsewhere'), file)
      },
    ],
    [
      'is of another directory',
      async (file) => writeFile(file, (await readFile(file, 'utf8')).replaceAll('context"', 'another"')),
    ],
  ])('count for nothing if the file with them %s, and are written again', async (_, damage) => {
    writeFiles()
    await setTimeout(2 * SETTLED)
    const listed = await list()
    const file = await cacheFile()
    await damage(file)
    const cache = await openStatCache(directory, { folder: caches, settled: SETTLED })
    expect(cache?.find('file-0', await lstat(join(directory, 'file-0'), { bigint: true }))).toBeUndefined()
    expect(await list()).toEqual(listed)
    expect((await lstat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(caches)).toHaveLength(1)
  })

  it('are written by several runs at once, and removed when no run has used them for a month', async () => {
    writeFiles()
    await mkdir(caches)
    await writeFile(join(caches, 'old'), '')
    await utimes(join(caches, 'old'), Date.now() / 1000 - 31 * 24 * 3600, Date.now() / 1000 - 31 * 24 * 3600)
    await setTimeout(2 * SETTLED)
    const runs = await Promise.all(Array.from({ length: 8 }, () => list()))
    for (const run of runs) expect(run).toEqual(runs[0])
    expect(await readdir(caches)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect(await list()).toEqual(runs[0])
  })

  it('are not kept if a status proves nothing, or the folder cannot be written', async () => {
    expect(await openStatCache('/proc', { folder: caches })).toBeUndefined()
    writeFiles()
    await writeFile(caches, 'a file in place of the folder')
    await setTimeout(2 * SETTLED)
    expect(await list()).toHaveLength(FILES)
  })
})
