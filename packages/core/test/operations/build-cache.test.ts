import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushBlob } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyBlob, tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { assemble, copy, inspect, promote } from '../../src/operations/images/index.js'
import { type TestRegistry, testRegistry } from '../registry-server/test-registry.js'
import { type TestRepositories, type TestRepository, testRepositories } from './test-repositories.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }

const cleanup = new Cleanup()
let repositories: TestRepositories
let elsewhere: TestRegistry
let source: TestRepository
let blobs: readonly TinyBlob[]

function blob(mediaType: string): TinyBlob {
  const bytes = randomBytes(100)
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

// As BuildKit writes it with `type=registry`: an index whose entries are layers and a cache config.
beforeAll(async () => {
  repositories = cleanup.use(await testRepositories())
  elsewhere = cleanup.use(await testRegistry())
  const image = await tinyImage({ platform: AMD64 })
  source = await repositories.repositoryWith([image])
  blobs = [blob(MEDIA_TYPES.ociLayerGzip), blob('application/vnd.buildkit.cacheconfig.v0')]
  const [, repository = ''] = source.name.split(/\/(.*)/)
  for (const one of blobs) await pushBlob({ url: `http://${repositories.host}`, repository }, one)
  const entries = blobs.map(({ descriptor }) => descriptor)
  await source.put(encodeManifest({ schemaVersion: 2, manifests: entries }, MEDIA_TYPES.ociIndex), 'cache')
  const mixed = [{ ...image.manifest.descriptor, platform: AMD64 }, ...entries]
  await source.put(encodeManifest({ schemaVersion: 2, manifests: mixed }, MEDIA_TYPES.ociIndex), 'mixed')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('copy brings the blobs that an index lists', async () => {
  await copy(`${source.name}:cache`, `${elsewhere.server.host}/cache:1`)
  for (const { descriptor, bytes } of blobs) {
    const answer = await fetch(`${elsewhere.server.url}/v2/cache/blobs/${descriptor.digest}`)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(bytes))
  }
})

test('promote to another repository brings them too', async () => {
  const { name } = await repositories.repositoryWith()
  await promote(`${source.name}:cache`, [`${name}:cache`])
  await promote(`${name}:cache`, ['again'])
  expect((await inspect(`${name}:again`)).blobs).toHaveLength(2)
})

test('copy writes them into a layout, and reads them from it', async () => {
  const layout = `oci:${join(cleanup.use(await tempFolder('layout')).path, 'cache')}`
  await copy(`${source.name}:cache`, `${layout}:cache`)
  await copy(`${layout}:cache`, `${elsewhere.server.host}/from-layout:1`)
  const { blobs: found } = await inspect(`${elsewhere.server.host}/from-layout:1`)
  expect(found).toEqual(blobs.map(({ descriptor }) => descriptor))
})

test('inspect distinguishes them from images', async () => {
  const cache = await inspect(`${source.name}:cache`)
  expect(cache.images).toEqual([])
  expect(cache.blobs).toEqual(blobs.map(({ descriptor }) => descriptor))
  const mixed = await inspect(`${source.name}:mixed`)
  expect(mixed.images.map(({ declared }) => declared)).toEqual([AMD64])
  expect(mixed.blobs).toHaveLength(2)
})

test('assemble takes the images beside them, and reports what it omits', async () => {
  const { name } = await repositories.repositoryWith()
  const { manifests, notes } = await assemble(`${name}:1`, [`${source.name}:mixed`])
  expect(manifests.map(({ platform }) => platform)).toEqual([AMD64])
  expect(notes).toEqual([expect.stringContaining('lists 2 blobs besides its images')])
  await expect(assemble(`${name}:1`, [`${source.name}:cache`])).rejects.toMatchObject({ code: 'PLATFORM_MISSING' })
})
