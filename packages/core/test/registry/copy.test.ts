import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, isIndex, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { copyManifest } from '../../src/registry/copy/copy.js'
import type { Registry } from '../../src/registry/port.js'
import { type TestRegistry, testRegistry } from '../registry-server/test-registry.js'
import { pushImage, sourceOf } from './contract.js'

const cleanup = new Cleanup()
let here: TestRegistry
let elsewhere: TestRegistry
let registry: Registry

beforeAll(async () => {
  here = cleanup.use(await testRegistry())
  elsewhere = cleanup.use(await testRegistry())
  registry = cleanup.use(createRegistry())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('does not copy a foreign layer', async () => {
  const image = await tinyImage({ platform: { os: 'windows', architecture: 'amd64' }, dialect: 'docker' })
  const from = { registry: here.server.host, repository: 'windows', tag: '1' }
  await pushImage(registry, from, image)
  if (isIndex(image.manifest.content)) throw new Error('it is an image')
  const layer = {
    mediaType: MEDIA_TYPES.dockerForeignLayerGzip,
    digest: digestOf('of the vendor'),
    size: 13,
    urls: ['https://vendor.example.com/layer'],
  }
  const layers = [layer, ...image.manifest.content.layers]
  const manifest = encodeManifest({ ...image.manifest.content, layers }, MEDIA_TYPES.dockerManifest)
  await registry.putManifest(from, manifest)
  const to = { registry: elsewhere.server.host, repository: 'windows', tag: '1' }
  expect((await copyManifest(registry, from, to)).descriptor).toEqual(manifest.descriptor)
  expect(await registry.getManifest(to)).toEqual(manifest)
})

test('copies an artifact that is not an image', async () => {
  const from = { registry: here.server.host, repository: 'artifact', tag: '1' }
  const [config, content] = [sourceOf(Buffer.from('{}')), sourceOf(randomBytes(100))]
  for (const source of [config, content]) await registry.writeBlob(from, source)
  const manifest = encodeManifest(
    {
      schemaVersion: 2,
      artifactType: 'application/vnd.example.sbom',
      config: { ...config.descriptor, mediaType: MEDIA_TYPES.ociEmpty },
      layers: [{ ...content.descriptor, mediaType: 'application/spdx+json' }],
    },
    MEDIA_TYPES.ociManifest,
  )
  await registry.putManifest(from, manifest)
  const to = { registry: elsewhere.server.host, repository: 'artifact', tag: '1' }
  expect((await copyManifest(registry, from, to)).descriptor).toEqual(manifest.descriptor)
  expect(await registry.getManifest(to)).toEqual(manifest)
})

test('copies a manifest once that an index lists many times', async () => {
  const from = { registry: here.server.host, repository: 'many' }
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushImage(registry, from, image)
  let inner = image.manifest
  for (let level = 0; level < 3; level += 1) {
    const manifests = Array.from({ length: 100 }, () => inner.descriptor)
    inner = encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)
    await registry.putManifest(from, inner)
  }
  const to = { registry: elsewhere.server.host, repository: 'many', tag: '1' }
  await copyManifest(registry, { ...from, digest: inner.descriptor.digest }, to)
  expect(await registry.getManifest(to)).toEqual(inner)
  const puts = elsewhere.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/many/manifests/'))
  expect(puts).toHaveLength(4)
})
