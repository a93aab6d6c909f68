import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { RegistryError } from '../../src/model/errors.js'
import type { StoredManifest } from '../../src/model/oci.js'
import type { Repository } from '../../src/model/reference.js'
import type { RegistryEvent } from '../../src/model/run/events.js'
import { createRegistry } from '../../src/registry/client.js'
import { copyManifest } from '../../src/registry/copy/copy.js'
import type { Registry } from '../../src/registry/port.js'
import { type Fault, type FaultRule, type ServerRequest, startRegistry } from '../../src/registry-server/index.js'
import { pushImage, sourceOf } from './contract.js'

type Method = 'HEAD' | 'GET' | 'POST' | 'PATCH' | 'PUT'

const ALL: readonly Method[] = ['HEAD', 'GET', 'POST', 'PATCH', 'PUT']

/** Faults, and the methods of the requests that they can meet: what has no body is cut in none. */
const PASSING: readonly { readonly fault: Fault; readonly meets: readonly Method[] }[] = [
  {
    fault: { kind: 'answer', status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' } },
    meets: ALL,
  },
  { fault: { kind: 'lose-request' }, meets: ALL },
  { fault: { kind: 'lose-answer' }, meets: ALL },
  { fault: { kind: 'cut-request', after: 100 }, meets: ['PATCH', 'PUT'] },
  { fault: { kind: 'cut-request', after: 500_000 }, meets: ['PATCH'] },
  { fault: { kind: 'cut-answer', after: 10 }, meets: ['GET'] },
]

/** More requests of one method than a push or a copy needs; how many that is, the tests count. */
const MAX_STEPS = 12
/** In milliseconds: each of these tests is dozens of pushes. */
const LONG = 120_000

/** An index and its images. */
interface Published {
  readonly images: readonly TinyImage[]
  readonly index: StoredManifest
}

/** All kinds of requests, each as seldom as can be: the tests take the square of their number. */
let one: Published
let two: Published

beforeAll(async () => {
  // A layer over the size up to which an upload is a single request; the config is under it.
  const files = { blob: randomBytes(1_100_000) }
  const arm = await tinyImage({ platform: { os: 'linux', architecture: 'arm', variant: 'v7' }, files })
  const amd64 = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  one = { images: [arm], index: tinyIndex([arm]) }
  two = { images: [arm, amd64], index: tinyIndex([arm, amd64]) }
})

/** A place in a push or copy: the nth of its requests with this method. */
interface Step {
  readonly method: Method
  readonly nth: number
}

const STEPS: readonly Step[] = ALL.flatMap((method) =>
  Array.from({ length: MAX_STEPS }, (_, before) => ({ method, nth: before + 1 })),
)

const nameOf = ({ method, nth }: Step) => `faults/${method.toLowerCase()}-${nth}`

/** A registry with a repository for each step, in which a fault meets that step, and others in which none does. */
async function startFaulty(rulesOf: (step: Step) => readonly Omit<FaultRule, 'path'>[]) {
  await using cleanup = new Cleanup()
  const folder = cleanup.use(await tempFolder('faults'))
  // Lists of tags are left alone, so that what is left of a failed push can be seen.
  const faults = STEPS.flatMap((step) =>
    rulesOf(step).map((rule) => ({ ...rule, path: new RegExp(`/${nameOf(step)}/(blobs|manifests)/`) })),
  )
  const requests: ServerRequest[] = []
  const onRequest = (request: ServerRequest) => void requests.push(request)
  const server = cleanup.use(await startRegistry({ directory: join(folder.path, 'store'), faults, onRequest }))
  const ending = cleanup.move()
  const at = (repository: string): Repository => ({ registry: server.host, repository })
  return {
    at,
    of: (step: Step) => at(nameOf(step)),
    /** The steps of what was done in a repository. */
    stepsIn({ repository }: Repository): readonly Step[] {
      const own = requests.filter(({ path }) => path.startsWith(`/v2/${repository}/`)).map(({ method }) => method)
      return STEPS.filter(({ method, nth }) => nth <= own.filter((sent) => sent === method).length)
    },
    [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose](),
  }
}

type Faulty = Awaited<ReturnType<typeof startFaulty>>

/** With a client of its own: one that has pushed elsewhere would mount. */
async function push(to: Repository, { images, index }: Published): Promise<void> {
  await using client = createRegistry({ retry: { delay: 1 }, concurrency: 1 })
  for (const image of images) await pushImage(client, to, image)
  await client.putManifest({ ...to, tag: 'latest' }, index)
}

async function copy(from: Repository, to: Repository): Promise<void> {
  await using client = createRegistry({ retry: { delay: 1 }, concurrency: 1 })
  const { descriptor } = await copyManifest(client, { ...from, tag: 'latest' }, { ...to, tag: 'latest' })
  expect(descriptor).toEqual(one.index.descriptor)
}

/** Looks for everything that the tag stands for, with a client that has written nothing. */
async function expectWhole(reader: Registry, at: Repository): Promise<void> {
  expect(await reader.resolve({ ...at, tag: 'latest' })).toEqual(one.index.descriptor)
  for (const { manifest, config, layer } of one.images) {
    const read = await reader.getManifest({ ...at, digest: manifest.descriptor.digest })
    expect(read?.descriptor).toEqual(manifest.descriptor)
    for (const { descriptor, bytes } of [config, layer]) {
      expect(Buffer.compare(await buffer(await reader.readBlob(at, descriptor)), bytes)).toBe(0)
    }
  }
}

/** Does work once undisturbed, to see its steps, and then at those that a fault can meet. */
async function atEachStep(
  registry: Faulty,
  meets: readonly Method[],
  work: (at: Repository) => Promise<void>,
): Promise<void> {
  const undisturbed = registry.at('faults/undisturbed')
  await work(undisturbed)
  await Promise.all(metSteps(registry, undisturbed, meets).map((step) => work(registry.of(step))))
}

/** The steps of what was done in a repository that a fault can meet. */
function metSteps(registry: Faulty, at: Repository, meets: readonly Method[]): readonly Step[] {
  const steps = registry.stepsIn(at).filter(({ method }) => meets.includes(method))
  expect(steps.every(({ nth }) => nth < MAX_STEPS)).toBe(true)
  return steps
}

/** A registry where one fault meets one request of each step's repository. */
const startWith = (fault: Fault) => startFaulty(({ method, nth }) => [{ method, nth, fault }])

const writesAmong = (methods: readonly Method[]) => methods.filter((method) => method !== 'GET')

describe('a passing fault', () => {
  test.each(PASSING.filter(({ meets }) => writesAmong(meets).length > 0))(
    '$fault.kind $fault.status $fault.after at any step of a push does not fail it',
    async ({ fault, meets }) => {
      await using reader = createRegistry()
      await using registry = await startWith(fault)
      await atEachStep(registry, writesAmong(meets), async (at) => {
        await push(at, one)
        await expectWhole(reader, at)
      })
    },
    LONG,
  )

  test.each(PASSING)(
    '$fault.kind $fault.status $fault.after at any one step of a copy to another registry, on either side, is overcome',
    async ({ fault, meets }) => {
      await using reader = createRegistry()
      await using source = await startWith(fault)
      await using target = await startWith(fault)
      const [whole, undisturbed] = [source.at('whole'), target.at('undisturbed')]
      await push(whole, one)
      await copy(whole, undisturbed)
      const reading = metSteps(source, whole, meets).filter(({ method }) => method === 'GET')
      const writing = metSteps(target, undisturbed, writesAmong(meets))
      const runs = Array.from({ length: Math.max(reading.length, writing.length) }, async (_, run) => {
        const [read, written] = [reading[run], writing[run]]
        const from = read ? source.of(read) : whole
        // By mounts, so that it reads nothing that would count.
        if (read) await copy(whole, from)
        const to = written ? target.of(written) : target.at(`faults/run-${run}`)
        await copy(from, to)
        await expectWhole(reader, to)
      })
      expect(runs.length).toBeGreaterThan(0)
      await Promise.all(runs)
    },
    LONG,
  )
})

test.each([403, 404])(
  'a lasting fault, %d, from any step of a push on is reported, and leaves no tag',
  async (status) => {
    const lasting = ({ method, nth }: Step) => {
      const fault = { kind: 'answer', status } as const
      return Array.from({ length: MAX_STEPS }, (_, more) => ({ method, nth: nth + more, fault }))
    }
    await using registry = await startFaulty(lasting)
    await using reader = createRegistry()
    await atEachStep(registry, ['POST', 'PATCH', 'PUT'], async (at) => {
      if (at.repository === 'faults/undisturbed') return push(at, two)
      expect(await push(at, two).catch((thrown: unknown) => thrown)).toBeInstanceOf(RegistryError)
      expect(await reader.listTags(at)).toEqual([])
    })
  },
  LONG,
)

test('an upload that is cut goes on from where the registry has it', async () => {
  await using registry = await startWith({ kind: 'cut-request', after: 4_000_000 })
  const at = registry.of({ method: 'PATCH', nth: 1 })
  await using client = createRegistry({ retry: { delay: 1 } })
  const source = sourceOf(randomBytes(6_000_000))
  const offsets: number[] = []
  const open = (offset = 0) => {
    offsets.push(offset)
    return source.open(offset)
  }
  const events: RegistryEvent[] = []
  await client.writeBlob(at, { ...source, open }, { onEvent: (event) => events.push(event) })
  expect(offsets).toEqual([0, 4_000_000])
  expect(events.filter(({ kind }) => kind === 'registry-retry')).toHaveLength(1)
  expect(await client.hasBlob(at, source.descriptor.digest)).toBe(true)
})
