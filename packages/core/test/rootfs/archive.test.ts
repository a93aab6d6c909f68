import { createHash } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { packFiles } from '../../../../test/support/tiny-image.js'
import { madeBase } from '../../src/definition/plugin/kinds/made-base.js'
import { createRootfsMaker } from '../../src/rootfs/maker.js'
import { startScriptedServer } from '../registry/scripted-server.js'

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

async function layerOf(location: string, hash: string, cacheDirectory: string): Promise<Buffer> {
  const maker = createRootfsMaker({ cacheDirectory })
  const { blob } = await maker.make(await maker.resolve(madeBase({ kind: 'rootfs', location, sha256: hash })))
  return gunzipSync(await buffer(await blob.open()))
}

test('the compression of an archive is detected from its bytes, not from its address', async () => {
  await using folder = await tempFolder('archive')
  const tar = await packFiles({ file: 'content' })
  const archive = gzipSync(tar)
  await using server = await startScriptedServer(() => ({ status: 200, body: archive }))
  expect(await layerOf(`http://${server.host}/root.tar.gz?raw=1`, sha256(archive), folder.path)).toEqual(tar)
  const location = join(folder.path, 'root.tar.xz')
  await writeFile(location, tar)
  expect(await layerOf(location, sha256(tar), folder.path)).toEqual(tar)
})

test.each([
  ['of another kind', Buffer.from('BZh91AY&SY, and so on')],
  ['that is empty', Buffer.alloc(0)],
  ['with something else than a tar in it', gzipSync('not a tar')],
  ['that is cut short', gzipSync(await packFiles({ file: 'content' })).subarray(0, -5)],
])('an archive %s is rejected, and nothing kept of it', async (_what, archive) => {
  await using folder = await tempFolder('archive')
  const location = join(folder.path, 'root.tar.gz')
  await writeFile(location, archive)
  const failing = (code: string) => expect.objectContaining({ code })
  await expect(layerOf(location, sha256(archive), folder.path)).rejects.toEqual(failing('ROOTFS_FAILED'))
  // Of what is not the archive that was meant, this is the reason, whatever it is.
  await expect(layerOf(location, sha256('another'), folder.path)).rejects.toEqual(failing('DIGEST_MISMATCH'))
  expect(await readdir(join(folder.path, 'rootfs'))).toEqual([])
})
