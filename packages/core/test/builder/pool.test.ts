import { expect, test } from 'vitest'
import { type BuildClaim, BuilderPool, type Candidate, firstUse } from '../../src/builder/pool/pool.js'

const native = (builder: string): Candidate<string> => ({ builder, address: `unix://${builder}`, execution: 'native' })
const emulating = (builder: string): Candidate<string> => ({ ...native(builder), execution: 'emulated' })

/** A pipeline whose builds prefer a to b, and b to c. */
const IN_ORDER = 'app2'

function claim(candidates: readonly Candidate<string>[], pipeline = IN_ORDER): BuildClaim<string> {
  return { candidates, pipeline, platform: 'linux/amd64' }
}

/** What is known of a promise by now. */
async function settled<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  return Promise.race([promise, new Promise<'waiting'>((done) => setImmediate(done, 'waiting'))])
}

function pool(buildsPerBuilder = 1, waitsForNative = false): BuilderPool<string> {
  return new BuilderPool({ buildsPerBuilder, waitsForNative })
}

test('prefers a builder that runs the platform natively, at any position of the list', async () => {
  const lease = await pool().lease(claim([emulating('a'), native('b')]))
  expect(lease?.use).toEqual({ engine: 'unix://b', execution: 'native', engineReason: 'native' })
})

test('spreads builds over builders that can do the same, the first of them first', async () => {
  const builders = pool(2)
  const both = [native('a'), native('b')]
  const leases = [
    await builders.lease(claim(both)),
    await builders.lease(claim(both)),
    await builders.lease(claim(both)),
  ]
  expect(leases.map((lease) => lease?.builder)).toEqual(['a', 'b', 'a'])
  leases[1]?.[Symbol.dispose]()
  expect((await builders.lease(claim(both)))?.builder).toBe('b')
})

test('emulates if all that run the platform are busy, unless it is to wait for them', async () => {
  const candidates = [native('a'), emulating('b')]
  const eager = pool()
  await eager.lease(claim(candidates))
  expect((await eager.lease(claim(candidates)))?.use).toMatchObject({ engine: 'unix://b', engineReason: 'native-busy' })
  const patient = pool(1, true)
  const first = await patient.lease(claim(candidates))
  const second = patient.lease(claim(candidates))
  expect(await settled(second)).toBe('waiting')
  first?.[Symbol.dispose]()
  expect((await second)?.use).toMatchObject({ engine: 'unix://a', execution: 'native' })
})

test('emulates at once what no builder runs natively, whether or not builds wait', async () => {
  const lease = await pool(1, true).lease(claim([emulating('b')]))
  expect(lease?.use).toEqual({ engine: 'unix://b', execution: 'emulated', engineReason: 'no-native' })
})

test('serves the longest waiting build first, and skips builds that no free builder suits', async () => {
  const builders = pool()
  const onA = await builders.lease(claim([native('a')]))
  const onB = await builders.lease(claim([native('b')]))
  const order: string[] = []
  const note = (name: string) => (lease: unknown) => void (lease !== undefined && order.push(name))
  const waiting = [
    builders.lease(claim([native('a')])).then(note('first for a')),
    builders.lease(claim([native('a')])).then(note('second for a')),
    builders.lease(claim([native('b')])).then(note('first for b')),
  ]
  onB?.[Symbol.dispose]()
  await waiting[2]
  expect(order).toEqual(['first for b'])
  onA?.[Symbol.dispose]()
  await waiting[0]
  expect(order).toEqual(['first for b', 'first for a'])
  expect(await settled(waiting[1] ?? Promise.resolve())).toBe('waiting')
})

test('assigns no lost builder, and rejects a build without another one', async () => {
  const builders = pool()
  await builders.lease(claim([native('a')]))
  const hopeless = builders.lease(claim([native('a')]))
  const hopeful = builders.lease(claim([native('a'), emulating('a2')]))
  expect((await hopeful)?.builder).toBe('a2')
  builders.leave('a')
  expect(await hopeless).toBeUndefined()
  const other = await builders.lease(claim([native('a'), emulating('b')]))
  expect(other?.use).toEqual({ engine: 'unix://b', execution: 'emulated', engineReason: 'native-lost' })
})

test('frees a place once, however often the lease is ended', async () => {
  const builders = pool()
  const lease = await builders.lease(claim([native('a')]))
  lease?.[Symbol.dispose]()
  lease?.[Symbol.dispose]()
  await builders.lease(claim([native('a')]))
  expect(await settled(builders.lease(claim([native('a')])))).toBe('waiting')
})

test('a cancelled build leaves the queue', async () => {
  const builders = pool()
  const held = await builders.lease(claim([native('a')]))
  const stop = new AbortController()
  const cancelled = builders.lease(claim([native('a')]), stop.signal)
  const next = builders.lease(claim([native('a')]))
  stop.abort()
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(builders.lease(claim([native('a')]), stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  held?.[Symbol.dispose]()
  expect((await next)?.builder).toBe('a')
})

test('reports beforehand which builder it will be while all are free', () => {
  expect(firstUse(claim([emulating('a'), native('b')]))).toMatchObject({ engine: 'unix://b', engineReason: 'native' })
  expect(firstUse(claim([emulating('a')]))).toMatchObject({ engine: 'unix://a', engineReason: 'no-native' })
  expect(firstUse(claim([]))).toBeUndefined()
})

test('prefers the builder that most likely has the cache: the same one in each run', async () => {
  const nodes = ['a', 'b', 'c', 'd', 'e'].map(native)
  const chosen = async (pipeline: string, of = nodes) => (await pool(1).lease(claim(of, pipeline)))?.builder ?? ''
  const first = await Promise.all(Array.from({ length: 50 }, (_, at) => chosen(`app${at}`)))
  const again = await Promise.all(Array.from({ length: 50 }, (_, at) => chosen(`app${at}`, nodes.toReversed())))
  expect(again).toEqual(first)
  expect(new Set(first).size).toBe(5)
  // Of a node that is missing, only its own builds go elsewhere.
  const without = nodes.filter(({ builder }) => builder !== 'c')
  const left = await Promise.all(Array.from({ length: 50 }, (_, at) => chosen(`app${at}`, without)))
  expect(left.filter((builder, at) => builder !== first[at])).toHaveLength(
    first.filter((builder) => builder === 'c').length,
  )
})

test('names of a client in an address do not change if the cache is', () => {
  const at = (context: string) =>
    ['kube-pod://b-0', 'kube-pod://b-1', 'kube-pod://b-2'].map((pod) => ({
      ...native('x'),
      address: `${pod}?context=${context}`,
    }))
  for (const pipeline of ['a', 'b', 'c', 'd']) {
    const [one, other] = ['home', 'ci'].map((context) => firstUse(claim(at(context), pipeline))?.engine.split('?')[0])
    expect(one).toBe(other)
  }
})

test('no builder gets more than its share, whatever its cache', async () => {
  const nodes = ['a', 'b', 'c', 'd'].map(native)
  const builders = pool(4)
  const leases = await Promise.all(Array.from({ length: 8 }, () => builders.lease(claim(nodes))))
  const counts = nodes.map(({ builder }) => leases.filter((lease) => lease?.builder === builder).length)
  expect(counts).toEqual([2, 2, 2, 2])
})

test('is fair between pipelines: many builds of one do not keep those of another waiting', async () => {
  const builders = pool(2)
  const nodes = [native('a')]
  const order: string[] = []
  const take = (pipeline: string) =>
    builders.lease(claim(nodes, pipeline)).then((lease) => {
      order.push(pipeline)
      return lease
    })
  const held = [await take('big'), await take('big')]
  const waiting = [take('big'), take('big'), take('small')]
  held[0]?.[Symbol.dispose]()
  held[1]?.[Symbol.dispose]()
  await Promise.race(waiting)
  await new Promise(setImmediate)
  expect(order).toEqual(['big', 'big', 'small', 'big'])
})

test('a builder that joins gets builds that wait, also one that has left', async () => {
  const builders = pool()
  const candidates = [native('a')]
  await builders.lease(claim(candidates))
  const waiting = builders.lease(claim(candidates))
  candidates.push(native('b'))
  builders.join('b')
  expect((await waiting)?.builder).toBe('b')
  builders.leave('b')
  expect(builders.isGone('b')).toBe(true)
  const next = builders.lease(claim([native('b'), native('c')]))
  expect((await next)?.builder).toBe('c')
  builders.join('b')
  expect(builders.isGone('b')).toBe(false)
})

test('while builders may join, a build without one waits for a time', async () => {
  const builders = new BuilderPool<string>({ buildsPerBuilder: 1, waitsForNative: false, patience: 50 })
  const opening = builders.expectJoins()
  builders.leave('a')
  const candidates = [native('a')]
  const waiting = builders.lease(claim(candidates))
  expect(await settled(waiting)).toBe('waiting')
  expect(builders.hasOther('a', claim(candidates))).toBe(true)
  candidates.push(native('b'))
  builders.join('b')
  expect((await waiting)?.builder).toBe('b')
  builders.leave('b')
  expect(await builders.lease(claim(candidates))).toBeUndefined()
  const last = builders.lease(claim(candidates))
  opening[Symbol.dispose]()
  expect(await last).toBeUndefined()
})

test('images that other images are based on are built first', async () => {
  const builders = pool()
  const held = await builders.lease(claim([native('a')], 'first'))
  const order: string[] = []
  const take = (pipeline: string, height: number) =>
    builders.lease({ ...claim([native('a')], pipeline), height }).then((lease) => {
      order.push(pipeline)
      lease?.[Symbol.dispose]()
    })
  const all = [take('leaf', 0), take('sdk', 2), take('tool', 1)]
  held?.[Symbol.dispose]()
  await Promise.all(all)
  expect(order).toEqual(['sdk', 'tool', 'leaf'])
})

test('a builder that becomes free gets a build that prefers it, though others have waited longer', async () => {
  const nodes = ['a', 'b'].map(native)
  const builders = pool()
  const [onA, onB] = [await builders.lease(claim(nodes)), await builders.lease(claim(nodes))]
  const preferring = (builder: string) =>
    Array.from({ length: 50 }, (_, at) => `other${at}`).find(
      (pipeline) => firstUse(claim(nodes, pipeline))?.engine === `unix://${builder}`,
    ) ?? ''
  const waiting = ['a', 'b'].map((builder) => builders.lease(claim(nodes, preferring(builder))))
  expect(onB?.builder).toBe('b')
  onB?.[Symbol.dispose]()
  expect((await waiting[1])?.builder).toBe('b')
  onA?.[Symbol.dispose]()
  expect((await waiting[0])?.builder).toBe('a')
})

test('prefers engines that have built it before, of several any that is free', async () => {
  const engines = pool()
  const candidates = [native('a'), { ...native('b'), pastTime: 5 }, { ...native('c'), pastTime: 7 }]
  expect(firstUse(claim(candidates))?.engine).toBe('unix://b')
  const leases = [await engines.lease(claim(candidates)), await engines.lease(claim(candidates))]
  expect(leases.map((lease) => lease?.builder)).toEqual(['b', 'c'])
  expect((await engines.lease(claim(candidates)))?.builder).toBe('a')
})

test('serves builds that took longest first, and unknown ones before them', async () => {
  const engines = pool()
  const order: (number | undefined)[] = []
  const run = async (pipeline: string, pastTime: number | undefined) => {
    using _lease = await engines.lease(claim([{ ...native('a'), pastTime }], pipeline))
    order.push(pastTime)
  }
  const busy = await engines.lease(claim([native('a')]))
  const runs = [run('app', 2), run('app', 9), run('other', 5), run('new', undefined)]
  busy?.[Symbol.dispose]()
  await Promise.all(runs)
  expect(order).toEqual([undefined, 9, 5, 2])
})

test('a pipeline with fewer builds comes before longer builds', async () => {
  const engines = pool(2)
  const timed = (pipeline: string, pastTime: number) => claim([{ ...native('a'), pastTime }], pipeline)
  const [, busy] = [await engines.lease(timed('app', 9)), await engines.lease(timed('first', 9))]
  const long = engines.lease(timed('app', 9))
  const short = engines.lease(timed('other', 1))
  busy?.[Symbol.dispose]()
  expect((await short)?.builder).toBe('a')
  expect(await settled(long)).toBe('waiting')
})
