import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { serveLocalCaches } from '../../src/builder/build/local-caches.js'

test.each(['', 'x', 'null', '1', '[]', '{}', '{"digest":"sha256:x","mediaType":"a","size":1}'])(
  'rejects %j as the manifest of an exported cache',
  async (reported) => {
    await using folder = await tempFolder('local-cache')
    const cacheTo = [{ type: 'local', attributes: { dest: join(folder.path, 'cache') } }]
    const caches = await serveLocalCaches({ cacheTo }, new Map())
    const rejected = { code: 'ENGINE_REJECTED', message: 'the builder exported a cache and reported no manifest of it' }
    await expect(caches.finish({ 'cache.manifest': reported })).rejects.toMatchObject(rejected)
  },
)
