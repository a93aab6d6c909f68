import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { PackageCache } from '../../src/rootfs/apt/package-cache.js'

const hashOf = (content: string) => createHash('sha256').update(content).digest('hex')

test('a package is stored under the hash of its content, readable for other users under any umask', async () => {
  await using folder = await tempFolder('packages')
  const directory = join(folder.path, 'cache')
  const file = join(folder.path, 'one_1.0_all.deb')
  await writeFile(file, 'one')
  const umask = process.umask(0o077)
  try {
    await new PackageCache(directory).add(file)
  } finally {
    process.umask(umask)
  }
  const stored = join(directory, hashOf('one'))
  expect(await readFile(stored, 'utf8')).toBe('one')
  expect((await stat(stored)).mode & 0o777).toBe(0o644)
})

test('caches of several runs add the same package at the same time', async () => {
  await using folder = await tempFolder('packages')
  const directory = join(folder.path, 'cache')
  const file = join(folder.path, 'one_1.0_all.deb')
  await writeFile(file, 'one'.repeat(100_000))
  await Promise.all(Array.from({ length: 8 }, () => new PackageCache(directory).add(file)))
  expect(await readdir(directory)).toEqual([hashOf('one'.repeat(100_000))])
})

test('links and folders are not added', async () => {
  await using folder = await tempFolder('packages')
  const directory = join(folder.path, 'cache')
  await writeFile(join(folder.path, 'secret'), 'secret')
  await symlink(join(folder.path, 'secret'), join(folder.path, 'link.deb'))
  await mkdir(join(folder.path, 'folder.deb'))
  const cache = new PackageCache(directory)
  await expect(cache.add(join(folder.path, 'link.deb'))).rejects.toMatchObject({ code: 'ELOOP' })
  await cache.add(join(folder.path, 'folder.deb'))
  expect(await readdir(directory)).toEqual([])
})

test('the packages whose last use is longest ago are removed if the cache is too large', async () => {
  await using folder = await tempFolder('packages')
  const directory = join(folder.path, 'cache')
  const cache = new PackageCache(directory, 20)
  for (const content of ['first.....', 'second....', 'third.....']) {
    await writeFile(join(folder.path, 'one.deb'), content)
    await cache.add(join(folder.path, 'one.deb'))
  }
  for (const [at, content] of ['first.....', 'second....', 'third.....'].entries()) {
    await utimes(join(directory, hashOf(content)), at + 1, at + 1)
  }
  await writeFile(join(directory, 'unrelated'), 'x'.repeat(100))
  await cache.markUsed([hashOf('first.....'), 'unrelated', '../one.deb', hashOf('missing')])
  await cache.prune()
  const kept = [hashOf('first.....'), hashOf('third.....'), 'unrelated']
  expect((await readdir(directory)).sort()).toEqual(kept.sort())
})
