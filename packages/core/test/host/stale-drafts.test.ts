import { randomUUID } from 'node:crypto'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { makeLayout } from '../../src/layout/layout-index.js'
import { replaceWhole } from '../../src/operations/outputs/incoming.js'
import { LayerCache } from '../../src/rootfs/layer-cache.js'

const OLD = Date.now() / 1000 - 25 * 60 * 60

/** Creates a draft last written 25 hours ago and a recent one. Returns the name of the recent one. */
async function makeDrafts(directory: string, prefix = ''): Promise<string> {
  await mkdir(directory, { recursive: true })
  const [old, recent] = [`${prefix}${randomUUID()}`, `${prefix}${randomUUID()}`]
  for (const name of [old, recent, `${prefix}mine`, `x${old}`]) await writeFile(join(directory, name), '')
  for (const name of [old, `${prefix}mine`, `x${old}`]) await utimes(join(directory, name), OLD, OLD)
  return recent
}

/** File names with a prefix that end like a draft. */
async function draftsIn(directory: string, prefix = ''): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith(prefix) && /-[0-9a-f]{12}$/.test(name))
}

it('LayerCache.add removes stale incomplete layers of killed runs, and no other file', async () => {
  await using folder = await tempFolder('drafts')
  const rootfs = join(folder.path, 'rootfs')
  const recent = await makeDrafts(rootfs)
  await new LayerCache(folder.path).add({ a: 1 }, (store) => store(Readable.from([Buffer.from('tar')])))
  expect((await draftsIn(rootfs)).filter((name) => !name.startsWith('x'))).toEqual([recent])
  expect(await readdir(rootfs)).toContain('mine')
  expect(await readdir(rootfs)).toContainEqual(expect.stringMatching(/^x/))
})

it('makeLayout removes stale incomplete files of killed runs from the layout', async () => {
  await using folder = await tempFolder('drafts')
  const recent = await makeDrafts(folder.path, 'incoming-')
  await makeLayout(folder.path)
  expect(await draftsIn(folder.path, 'incoming-')).toEqual([recent])
  expect(await readdir(folder.path)).toContain('incoming-mine')
})

it('replaceWhole removes stale files and directories of killed runs beside the output', async () => {
  await using folder = await tempFolder('drafts')
  const recent = await makeDrafts(folder.path, '.image.tar.')
  const directory = join(folder.path, `.image.tar.${randomUUID()}`)
  await mkdir(join(directory, 'etc'), { recursive: true })
  await utimes(directory, OLD, OLD)
  await replaceWhole(join(folder.path, 'image.tar'), (path) => writeFile(path, 'new'))
  expect(await draftsIn(folder.path, '.image.tar.')).toEqual([recent])
})
