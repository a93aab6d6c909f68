import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyBlob, tinyImage } from '../../../../test/support/tiny-image.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { checkManifest } from '../../src/registry-server/store/manifest-check.js'
import { Store } from '../../src/registry-server/store/store.js'

async function addBlob(store: Store, name: string, { bytes, descriptor }: TinyBlob): Promise<void> {
  const upload = await store.uploads.start(name)
  await upload.append(Readable.from([bytes]), () => {})
  upload.seal()
  await store.addBlob(upload, descriptor.digest)
}

test('a manifest does not appear if a part of it is deleted while it is written', async () => {
  await using folder = await tempFolder('store')
  const store = await Store.open(folder.path)
  const { config, layer, manifest } = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  for (const blob of [config, layer]) await addBlob(store, 'app', blob)
  const checked = checkManifest(manifest.bytes, MEDIA_TYPES.ociManifest)
  const putting = store.putManifest('app', checked, ['1.0'])
  const refused = expect(putting).rejects.toMatchObject({ status: 400, code: 'MANIFEST_BLOB_UNKNOWN' })
  expect(await store.removeBlob('app', layer.descriptor.digest)).toBe(true)
  await refused
  expect(store.resolveTag('app', '1.0')).toBeUndefined()
  const content = await readdir(join(folder.path, 'blobs', 'sha256'))
  expect(content).toEqual([config.descriptor.digest.replace('sha256:', '')])
  await addBlob(store, 'app', layer)
  await store.putManifest('app', checked, ['1.0'])
  expect(store.resolveTag('app', '1.0')).toBe(manifest.descriptor.digest)
})
