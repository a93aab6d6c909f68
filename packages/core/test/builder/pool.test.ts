import { expect, test } from 'vitest'
import { type Candidate, EnginePool, firstUse } from '../../src/builder/pool.js'

const native = (engine: string): Candidate<string> => ({ engine, address: `unix://${engine}`, execution: 'native' })
const emulating = (engine: string): Candidate<string> => ({ ...native(engine), execution: 'emulated' })

/** What is known of a promise by now. */
async function settled<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  return Promise.race([promise, new Promise<'waiting'>((done) => setImmediate(done, 'waiting'))])
}

function pool(buildsPerEngine = 1, waitsForNative = false): EnginePool<string> {
  return new EnginePool({ buildsPerEngine, waitsForNative })
}

test('prefers what runs the platform itself, wherever it stands in the list', async () => {
  const lease = await pool().lease([emulating('a'), native('b')])
  expect(lease?.use).toEqual({ engine: 'unix://b', execution: 'native', engineReason: 'native' })
})

test('spreads builds over engines that can do the same, the first of them first', async () => {
  const engines = pool(2)
  const both = [native('a'), native('b')]
  const leases = [await engines.lease(both), await engines.lease(both), await engines.lease(both)]
  expect(leases.map((lease) => lease?.engine)).toEqual(['a', 'b', 'a'])
  leases[1]?.[Symbol.dispose]()
  expect((await engines.lease(both))?.engine).toBe('b')
})

test('emulates where all that run the platform are busy, unless it is to wait for them', async () => {
  const candidates = [native('a'), emulating('b')]
  const eager = pool()
  await eager.lease(candidates)
  expect((await eager.lease(candidates))?.use).toMatchObject({ engine: 'unix://b', engineReason: 'native-busy' })
  const patient = pool(1, true)
  const first = await patient.lease(candidates)
  const second = patient.lease(candidates)
  expect(await settled(second)).toBe('waiting')
  first?.[Symbol.dispose]()
  expect((await second)?.use).toMatchObject({ engine: 'unix://a', execution: 'native' })
})

test('emulates at once what no engine runs itself, patient or not', async () => {
  const lease = await pool(1, true).lease([emulating('b')])
  expect(lease?.use).toEqual({ engine: 'unix://b', execution: 'emulated', engineReason: 'no-native' })
})

test('serves who has waited longest first, and passes over who cannot use what is free', async () => {
  const engines = pool()
  const onA = await engines.lease([native('a')])
  const onB = await engines.lease([native('b')])
  const order: string[] = []
  const note = (name: string) => (lease: unknown) => void (lease !== undefined && order.push(name))
  const waiting = [
    engines.lease([native('a')]).then(note('first for a')),
    engines.lease([native('a')]).then(note('second for a')),
    engines.lease([native('b')]).then(note('first for b')),
  ]
  onB?.[Symbol.dispose]()
  await waiting[2]
  expect(order).toEqual(['first for b'])
  onA?.[Symbol.dispose]()
  await waiting[0]
  expect(order).toEqual(['first for b', 'first for a'])
  expect(await settled(waiting[1] ?? Promise.resolve())).toBe('waiting')
})

test('gives no lost engine, and tells who waits for nothing else that none is left', async () => {
  const engines = pool()
  await engines.lease([native('a')])
  const hopeless = engines.lease([native('a')])
  const hopeful = engines.lease([native('a'), emulating('a2')])
  expect((await hopeful)?.engine).toBe('a2')
  engines.lose('a')
  expect(await hopeless).toBeUndefined()
  const other = await engines.lease([native('a'), emulating('b')])
  expect(other?.use).toEqual({ engine: 'unix://b', execution: 'emulated', engineReason: 'native-lost' })
})

test('frees a place once, however often the lease is ended', async () => {
  const engines = pool()
  const lease = await engines.lease([native('a')])
  lease?.[Symbol.dispose]()
  lease?.[Symbol.dispose]()
  await engines.lease([native('a')])
  expect(await settled(engines.lease([native('a')]))).toBe('waiting')
})

test('who is cancelled while waiting leaves the queue', async () => {
  const engines = pool()
  const held = await engines.lease([native('a')])
  const stop = new AbortController()
  const cancelled = engines.lease([native('a')], stop.signal)
  const next = engines.lease([native('a')])
  stop.abort()
  await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect(engines.lease([native('a')], stop.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  held?.[Symbol.dispose]()
  expect((await next)?.engine).toBe('a')
})

test('says beforehand which engine it will be while all are free', () => {
  expect(firstUse([emulating('a'), native('b')])).toMatchObject({ engine: 'unix://b', engineReason: 'native' })
  expect(firstUse([emulating('a')])).toMatchObject({ engine: 'unix://a', engineReason: 'no-native' })
  expect(firstUse([])).toBeUndefined()
})
