import { join } from 'node:path'
import { expect, test } from 'vitest'
import { enableCompileCache } from '../../src/cli/compile-cache.js'

test('compiled code is kept in the user’s cache directory, where Node can keep it', async () => {
  const directories: string[] = []
  await enableCompileCache({ enableCompileCache: (directory) => directories.push(directory) })
  expect(directories).toEqual([expect.stringMatching(/polyarch/)])
  expect(directories[0]?.endsWith(join('compiled')) || directories[0]?.includes('Cache')).toBe(true)
})

test('a Node without such a cache goes without one', async () => {
  await expect(enableCompileCache({})).resolves.toBeUndefined()
})
