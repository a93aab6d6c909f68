import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { inspect, remove } from '../../src/operations/images/index.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'

const ARMV6 = { os: 'linux', architecture: 'arm', variant: 'v6' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

const cleanup = new Cleanup()
let server: RegistryServer
let image: TinyImage
/** A chart, as other tools keep them on registries: its config is not even JSON. */
let artifact: StoredManifest

beforeAll(async () => {
  server = cleanup.use(await startRegistry({ directory: cleanup.use(await tempFolder('inspect')).path }))
  image = await tinyImage({ platform: ARMV6 })
  const target = { url: server.url, repository: 'app' }
  await pushTinyImage(target, image)
  const bytes = Buffer.from('name: chart')
  const config = { mediaType: 'application/vnd.example.chart', digest: digestOf(bytes), size: bytes.byteLength }
  await pushBlob(target, { descriptor: config, bytes })
  artifact = encodeManifest({ schemaVersion: 2, config, layers: [] }, MEDIA_TYPES.ociManifest)
  await pushManifest(target, artifact, 'chart')
  const manifests = [{ ...image.manifest.descriptor, platform: ARMV7 }, artifact.descriptor]
  await pushManifest(target, encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex), 'mixed')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('what an index declares and what the config states are distinguished', async () => {
  const { images } = await inspect(`${server.host}/app:mixed`)
  expect(images[0]).toMatchObject({ digest: image.manifest.descriptor.digest, declared: ARMV7, config: ARMV6 })
})

test('what is no image is shown, with no platform', async () => {
  const { images } = await inspect(`${server.host}/app:mixed`)
  const { digest, mediaType } = artifact.descriptor
  expect(images[1]).toEqual({ digest, mediaType, size: artifact.descriptor.size + 11, layers: 0 })
  expect((await inspect(`${server.host}/app:chart`)).images[0]?.config).toBeUndefined()
})

test('an index that lists what was deleted is an error that names it', async () => {
  const target = { url: server.url, repository: 'thinned' }
  await pushTinyImage(target, image)
  const manifests = [{ ...image.manifest.descriptor, platform: ARMV6 }]
  await pushManifest(target, encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex), '1')
  await remove(`${server.host}/thinned@${image.manifest.descriptor.digest}`)
  await expect(inspect(`${server.host}/thinned:1`)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(image.manifest.descriptor.digest),
  })
})
