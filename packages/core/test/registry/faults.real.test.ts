import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DebianRegistry, startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { RegistryError } from '../../src/model/errors.js'
import { MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import type { Repository } from '../../src/model/reference.js'
import { createRegistry } from '../../src/registry/client.js'
import { copyManifest } from '../../src/registry/copy/copy.js'
import type { Registry } from '../../src/registry/port.js'
import { pushImage, sourceOf } from './contract.js'
import { type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.js'

const PASSING: readonly Fault[] = [
  { kind: 'answer', status: 503 },
  { kind: 'lose-answer' },
  { kind: 'cut-request', after: 100_000 },
  { kind: 'cut-answer', after: 10 },
]

let server: DebianRegistry
let proxy: FaultProxy
let straight: Registry
let registry: Registry
let images: readonly TinyImage[]
let index: StoredManifest

beforeAll(async () => {
  server = await startDebianRegistry()
  proxy = await startFaultProxy(server.host)
  straight = createRegistry()
  registry = createRegistry({ retry: { delay: 1 }, concurrency: 1 })
  // One layer exceeds the maximum size of a single-request upload.
  const files = { blob: randomBytes(1_100_000) }
  images = [
    await tinyImage({ platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, files }),
    await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } }),
  ]
  index = tinyIndex(images)
})

afterAll(async () => {
  for (const one of [registry, straight, proxy, server]) await one[Symbol.asyncDispose]()
})

beforeEach(() => proxy.plan(() => undefined))

let count = 0
const fresh = (): Repository => {
  count += 1
  return { registry: proxy.host, repository: `faults/case-${count}` }
}

/** Pushes with a new client, because one that has pushed before would mount the blobs. */
async function push(to: Repository): Promise<void> {
  await using client = createRegistry({ retry: { delay: 1 }, concurrency: 1 })
  for (const image of images) await pushImage(client, to, image)
  await client.putManifest({ ...to, tag: 'latest' }, index)
}

/** Reads the tag and everything that it refers to, without the proxy. */
async function expectWhole({ repository }: Repository): Promise<void> {
  const at = { registry: server.host, repository }
  expect(await straight.resolve({ ...at, tag: 'latest' })).toEqual(index.descriptor)
  for (const { manifest, config, layer } of images) {
    expect(await straight.resolve({ ...at, digest: manifest.descriptor.digest })).toEqual(manifest.descriptor)
    for (const { descriptor, bytes } of [config, layer]) {
      expect(Buffer.compare(await buffer(await straight.readBlob(at, descriptor)), bytes)).toBe(0)
    }
  }
}

async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  const before = proxy.seen.length
  proxy.plan(() => undefined)
  await work()
  return proxy.seen.length - before
}

describe.each(PASSING)('a transient fault, $kind $status,', (fault) => {
  test('at any request of a push is retried', async () => {
    const steps = await requestsOf(() => push(fresh()))
    for (let step = 0; step < steps; step += 1) {
      const to = fresh()
      proxy.plan((_, at) => (at === step ? fault : undefined))
      await push(to)
      await expectWhole(to)
    }
    expect(steps).toBeGreaterThan(10)
  })

  test('at any request of a copy from another registry is retried', async () => {
    const from = { registry: server.host, repository: 'faults/source' }
    for (const image of images) await pushImage(straight, from, image)
    await straight.putManifest({ ...from, tag: 'latest' }, index)
    const behind = { ...from, registry: proxy.host.replace('127.0.0.1', 'localhost') }
    const copy = (to: Repository) => copyManifest(registry, { ...behind, tag: 'latest' }, { ...to, tag: 'latest' })
    const steps = await requestsOf(() => copy(fresh()))
    for (let step = 0; step < steps; step += 1) {
      const to = fresh()
      proxy.plan((_, at) => (at === step ? fault : undefined))
      expect((await copy(to)).descriptor).toEqual(index.descriptor)
      await expectWhole(to)
    }
    expect(steps).toBeGreaterThan(10)
  })
})

test.each([403, 404, 507])(
  'a permanent fault, %d, from any request of a push on fails the push without a tag',
  async (status) => {
    const steps = await requestsOf(() => push(fresh()))
    for (let step = 0; step < steps; step += 1) {
      const to = fresh()
      proxy.plan((_, at) => (at >= step ? { kind: 'answer', status } : undefined))
      const error = await push(to).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(RegistryError)
      expect(
        await straight.resolve({ registry: server.host, repository: to.repository, tag: 'latest' }),
      ).toBeUndefined()
    }
  },
)

test('resumes an interrupted download with Range requests as long as it makes progress', async () => {
  const to = fresh()
  const source = sourceOf(randomBytes(3_000_000))
  await registry.writeBlob(to, source)
  proxy.plan(({ method }) => (method === 'GET' ? { kind: 'cut-answer', after: 200_000 } : undefined))
  const descriptor = { ...source.descriptor, mediaType: MEDIA_TYPES.ociLayer }
  const before = proxy.seen.length
  const read = await buffer(await registry.readBlob(to, descriptor))
  expect(Buffer.compare(read, await buffer(await source.open()))).toBe(0)
  const [first, ...later] = proxy.seen.slice(before).map(({ headers }) => headers['range'])
  expect(first).toBeUndefined()
  expect(later.length).toBeGreaterThan(10)
  expect(later.every((range) => /^bytes=\d+-2999999$/.test(String(range)))).toBe(true)
})

test('checks a tag with HEAD after a lost PUT response, and does not repeat the PUT', async () => {
  const to = fresh()
  const [, image] = images
  if (image === undefined) throw new Error('there are two images')
  await pushImage(registry, to, image)
  proxy.plan(({ method }, at) => (method === 'PUT' && at === 0 ? { kind: 'lose-answer' } : undefined))
  const before = proxy.seen.length
  await registry.putManifest({ ...to, tag: 'latest' }, image.manifest)
  expect(proxy.seen.slice(before).map(({ method }) => method)).toEqual(['PUT', 'HEAD'])
})
