import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { RegistryError } from '../../src/model/errors.js'
import type { RegistryEvent } from '../../src/model/events.js'
import type { StoredManifest } from '../../src/model/oci.js'
import type { Repository } from '../../src/model/reference.js'
import { createRegistry } from '../../src/registry/client.js'
import { copyManifest } from '../../src/registry/copy.js'
import { type Fault, type FaultRule, startRegistry } from '../../src/registry-server/index.js'
import { pushImage, sourceOf } from './contract.js'

const PASSING: readonly Fault[] = [
  { kind: 'answer', status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' } },
  { kind: 'lose-request' },
  { kind: 'lose-answer' },
  { kind: 'cut-request', after: 500_000 },
  { kind: 'cut-answer', after: 10 },
]

/** More than a push or a copy needs; how many that is, the tests count. */
const MAX_STEPS = 24
/** In milliseconds: each of these tests is dozens of pushes. */
const LONG = 120_000

let images: readonly TinyImage[]
let index: StoredManifest

beforeAll(async () => {
  // One layer is over the size up to which an upload is a single request.
  const files = { blob: randomBytes(1_100_000) }
  images = [
    await tinyImage({ platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, files }),
    await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } }),
  ]
  index = tinyIndex(images)
})

/** A registry with repositories `faults/case-1`, `faults/case-2` and so on; in each, faults of its own. */
async function startFaulty(faultsOf: (step: number) => readonly Omit<FaultRule, 'path'>[]) {
  await using cleanup = new Cleanup()
  const folder = cleanup.use(await tempFolder('faults'))
  const steps = Array.from({ length: MAX_STEPS }, (_, before) => before + 1)
  // Lists of tags are left alone, so that what is left of a failed push can be seen.
  const faults = steps.flatMap((step) =>
    faultsOf(step).map((rule) => ({ ...rule, path: new RegExp(`/case-${step}/(blobs|manifests)/`) })),
  )
  const requests: string[] = []
  const onRequest = ({ path }: { path: string }) => void requests.push(path)
  const server = cleanup.use(await startRegistry({ directory: join(folder.path, 'store'), faults, onRequest }))
  const ending = cleanup.move()
  return {
    at: (step: number): Repository => ({ registry: server.host, repository: `faults/case-${step}` }),
    requestsOf: (step: number) => requests.filter((path) => path.includes(`/case-${step}/`)).length,
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

type Faulty = Awaited<ReturnType<typeof startFaulty>>

/** With a client of its own: one that has pushed elsewhere would mount. */
async function push(to: Repository): Promise<void> {
  await using client = createRegistry({ retry: { delay: 1 }, concurrency: 1 })
  for (const image of images) await pushImage(client, to, image)
  await client.putManifest({ ...to, tag: 'latest' }, index)
}

async function copy(from: Repository, to: Repository): Promise<void> {
  await using client = createRegistry({ retry: { delay: 1 }, concurrency: 1 })
  expect(await copyManifest(client, { ...from, tag: 'latest' }, { ...to, tag: 'latest' })).toEqual(index.descriptor)
}

/** Reads everything that the tag stands for, with a client that has written nothing. */
async function expectWhole(at: Repository): Promise<void> {
  await using reader = createRegistry({ retry: { delay: 1 } })
  expect(await reader.resolve({ ...at, tag: 'latest' })).toEqual(index.descriptor)
  for (const { manifest, config, layer } of images) {
    const read = await reader.getManifest({ ...at, digest: manifest.descriptor.digest })
    expect(read?.descriptor).toEqual(manifest.descriptor)
    for (const { descriptor, bytes } of [config, layer]) {
      expect(Buffer.compare(await buffer(await reader.readBlob(at, descriptor)), bytes)).toBe(0)
    }
  }
}

/** Does work once undisturbed, to count its requests, and then with a fault at each of them. */
async function atEachStep(registry: Faulty, work: (at: Repository, step: number) => Promise<void>): Promise<void> {
  const undisturbed = MAX_STEPS + 1
  await work(registry.at(undisturbed), undisturbed)
  const steps = registry.requestsOf(undisturbed)
  expect(steps).toBeGreaterThan(10)
  expect(steps).toBeLessThanOrEqual(MAX_STEPS)
  await Promise.all(Array.from({ length: steps }, (_, before) => work(registry.at(before + 1), before + 1)))
}

describe.each(PASSING)('a passing fault, $kind $status', (fault) => {
  test(
    'at any one step of a push is overcome',
    async () => {
      await using registry = await startFaulty((step) => [{ nth: step, fault }])
      await atEachStep(registry, push)
      for (let step = 1; step <= 12; step += 1) await expectWhole(registry.at(step))
    },
    LONG,
  )

  test(
    'at any one step of a copy to another registry is overcome',
    async () => {
      await using source = await startFaulty((step) => [{ method: 'GET', nth: step, fault }])
      for (let step = 1; step <= 6; step += 1) await push(source.at(step))
      await using target = await startFaulty((step) => [{ nth: step, fault }])
      await atEachStep(target, (at, step) => copy(source.at((step % 6) + 1), at))
      for (let step = 1; step <= 12; step += 1) await expectWhole(target.at(step))
    },
    LONG,
  )
})

test.each([403, 404])(
  'a lasting fault, %d, from any step of a push on is told, and leaves no tag',
  async (status) => {
    const lasting = (step: number) =>
      Array.from({ length: MAX_STEPS }, (_, more) => ({ nth: step + more, fault: { kind: 'answer', status } as const }))
    await using registry = await startFaulty(lasting)
    await using reader = createRegistry()
    await atEachStep(registry, async (at, step) => {
      if (step > MAX_STEPS) return push(at)
      expect(await push(at).catch((thrown: unknown) => thrown)).toBeInstanceOf(RegistryError)
      expect(await reader.listTags(at)).toEqual([])
    })
  },
  LONG,
)

test('an upload that is cut goes on from where the registry has it', async () => {
  await using registry = await startFaulty(() => [
    { method: 'PATCH', nth: 1, fault: { kind: 'cut-request', after: 4_000_000 } },
  ])
  await using client = createRegistry({ retry: { delay: 1 } })
  const source = sourceOf(randomBytes(6_000_000))
  const offsets: number[] = []
  const open = (offset = 0) => {
    offsets.push(offset)
    return source.open(offset)
  }
  const events: RegistryEvent[] = []
  await client.writeBlob(registry.at(1), { ...source, open }, { onEvent: (event) => events.push(event) })
  expect(offsets).toEqual([0, 4_000_000])
  expect(events.filter(({ kind }) => kind === 'registry-retry')).toHaveLength(1)
  expect(await client.hasBlob(registry.at(1), source.descriptor.digest)).toBe(true)
})
