import { join } from 'node:path'
import { expect, test } from 'vitest'
import { enableCompileCache } from '../../src/cli/compile-cache.js'

test('enables the compile cache of Node.js in the user’s cache directory', async () => {
  const directories: string[] = []
  await enableCompileCache({ enableCompileCache: (directory) => directories.push(directory) })
  expect(directories).toEqual([expect.stringMatching(/polyarch/)])
  expect(directories[0]?.endsWith(join('compiled')) || directories[0]?.includes('Cache')).toBe(true)
})

test('does nothing if Node.js has no compile cache', async () => {
  await expect(enableCompileCache({})).resolves.toBeUndefined()
})
