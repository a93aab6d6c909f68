import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLocalCache } from '../../src/operations/local-cache.js'

test('the cache directory is that of the options', async () => {
  await using cache = openLocalCache({ cacheDirectory: '/some/folder' })
  expect(await cache.directory()).toBe('/some/folder')
})

test('without a local cache, all users of a run share a temporary directory, which disposal removes', async () => {
  const cache = openLocalCache({ cacheDirectory: '/some/folder', localCache: false })
  const [directory, other] = await Promise.all([cache.directory(), cache.directory()])
  expect(directory).not.toMatch(/^\/some/)
  expect(other).toBe(directory)
  await writeFile(join(directory, 'layer'), 'content')
  await cache[Symbol.asyncDispose]()
  await expect(access(directory)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a temporary directory that nothing used is not made', async () => {
  const cache = openLocalCache({ localCache: false })
  await expect(cache[Symbol.asyncDispose]()).resolves.toBeUndefined()
})
