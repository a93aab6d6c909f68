import { createHash } from 'node:crypto'
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { scratchFolder } from '../../../../scripts/setup/scratch-folder.mjs'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type FrozenArchive, startFrozenArchive } from '../../../../test/support/frozen-archive.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import type { AptBase } from '../../src/definition/plugin/base-source.js'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import { runMmdebstrap } from '../../src/rootfs/apt/mmdebstrap.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'

const cleanup = new Cleanup()
let archive: FrozenArchive
let cacheDirectory: string
let source: AptBase
/** Made without a cache of packages. */
let expected: string
beforeAll(async () => {
  const { TMPDIR } = scratchFolder()
  if (TMPDIR !== undefined) vi.stubEnv('TMPDIR', TMPDIR)
  cacheDirectory = cleanup.use(await tempFolder('cache')).path
  archive = cleanup.use(await startFrozenArchive())
  const { mirror, suite, architecture, keys } = archive
  source = {
    kind: 'apt',
    distribution: 'frozen',
    suite,
    architecture,
    components: ['main'],
    packages: ['grep', 'usr-is-merged'],
    variant: 'essential',
    mirror,
    isFrozen: true,
    keys,
  }
  const { mirror: used, state, epoch } = await createRootfsMaker().resolve(madeBase(source))
  const hash = createHash('sha256')
  const found = { mirror: used ?? mirror, state, epoch }
  await runMmdebstrap({ source, archive: found }, { env: process.env }, (tar) => pipeline(tar, hash))
  expected = `sha256:${hash.digest('hex')}`
})
afterAll(() => {
  vi.unstubAllEnvs()
  return cleanup[Symbol.asyncDispose]()
})

/** Makes the base again, and lists the packages that were downloaded for it. */
async function make() {
  const maker = createRootfsMaker({ cacheDirectory: relative(process.cwd(), cacheDirectory) })
  const before = archive.requests.length
  const { diffId } = await maker.make(await maker.resolve(madeBase(source)))
  await rm(join(cacheDirectory, 'rootfs'), { recursive: true })
  return { diffId, downloads: archive.requests.slice(before).filter((path) => path.endsWith('.deb')) }
}

/** In the order of these tests: the first fills the cache. */
describe('a base made with a cache of packages', () => {
  it('downloads each package once, and has the bytes of one that is made without a cache', async () => {
    const cold = await make()
    expect(cold.downloads.length).toBeGreaterThan(10)
    expect(await readdir(join(cacheDirectory, 'packages'))).toHaveLength(new Set(cold.downloads).size)
    expect(await make()).toEqual({ diffId: expected, downloads: [] })
    expect(cold.diffId).toBe(expected)
  })

  it('downloads a package again whose cached file is damaged but has the same size, and repairs the cache', async () => {
    const packages = join(cacheDirectory, 'packages')
    const [damaged = '', other = ''] = await readdir(packages)
    const content = await readFile(join(packages, damaged))
    content[content.length - 1] = (content.at(-1) ?? 0) ^ 1
    await writeFile(join(packages, damaged), content)
    for (const name of [damaged, other]) await utimes(join(packages, name), 1, 1)
    const { diffId, downloads } = await make()
    expect(diffId).toBe(expected)
    expect(downloads).toHaveLength(1)
    expect((await stat(join(packages, other))).mtimeMs).toBeGreaterThan(1000)
    expect(await make()).toEqual({ diffId: expected, downloads: [] })
  })
})
