import { expect, it, vi } from 'vitest'
import { BuilderPool, type Candidate, claimOf } from '../../../src/builder/pool/pool.js'
import type { Builder } from '../../../src/builder/port.js'
import type { BuilderChange } from '../../../src/builder/workload-builders.js'
import { EngineError } from '../../../src/model/errors.js'
import type { RunEvent } from '../../../src/model/run/events.js'
import { BuilderMembership } from '../../../src/operations/builders/builder-membership.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const NODE = 'app image(linux/amd64)'

function candidate(name: string): Candidate {
  return { builder: { name } as Builder, address: name, execution: 'native' }
}

function start(first: Candidate, candidatesOn: (engine: Builder) => Promise<ReadonlyMap<string, Candidate>>) {
  const events: RunEvent[] = []
  const pool = new BuilderPool({ buildsPerBuilder: 1, waitsForNative: false, patience: 20 })
  const watch = vi.fn((_listener: (change: BuilderChange) => void, _signal: AbortSignal) => true)
  const members = new BuilderMembership({
    builders: { watch } as never,
    planned: { candidacies: new Map([[NODE, { candidates: [first], rejections: [] }]]), candidatesOn },
    pool,
    emit: (event) => events.push(event),
  })
  const [listener, signal] = watch.mock.calls[0] ?? []
  const lease = () =>
    pool.lease(claimOf({ pipeline: 'app', platform: AMD64 }, members.candidacies.get(NODE)?.candidates ?? []))
  const change = (one: Candidate, kind: BuilderChange['change']) => listener?.({ builder: one.builder, change: kind })
  const kinds = () => events.map((event) => `${event.kind} ${'engine' in event ? event.engine : ''}`)
  return { members, pool, signal, lease, change, kinds }
}

it('a builder that joins gets builds, also those that wait', async () => {
  const [first, second] = [candidate('first'), candidate('second')]
  const { members, lease, change, kinds } = start(first, async () => new Map([[NODE, second]]))
  await lease()
  const waiting = lease()
  change(second, 'joined')
  expect((await waiting)?.builder).toBe(second.builder)
  change(second, 'left')
  expect(kinds()).toEqual(['builder-joined second', 'builder-left second'])
  members[Symbol.dispose]()
})

it('a builder that leaves gets no builds, and those without another wait for one', async () => {
  const [first, second] = [candidate('first'), candidate('second')]
  const { members, lease, change } = start(first, async () => new Map([[NODE, second]]))
  change(first, 'left')
  expect(await lease()).toBeUndefined()
  const waiting = lease()
  change(second, 'joined')
  expect((await waiting)?.builder).toBe(second.builder)
  members[Symbol.dispose]()
})

it('a builder that does not answer yet is queried again; one that left meanwhile does not join', async () => {
  vi.useFakeTimers()
  try {
    const second = candidate('second')
    let isUp = false
    const { members, change, kinds } = start(candidate('first'), async () => {
      if (!isUp) throw new EngineError('ENGINE_UNREACHABLE', 'it starts')
      return new Map([[NODE, second]])
    })
    change(second, 'joined')
    await vi.advanceTimersByTimeAsync(1000)
    expect(kinds()).toEqual([])
    change(second, 'left')
    isUp = true
    await vi.advanceTimersByTimeAsync(10_000)
    expect(kinds()).toEqual([])
    change(second, 'joined')
    await vi.advanceTimersByTimeAsync(0)
    expect(kinds()).toEqual(['builder-joined second'])
    members[Symbol.dispose]()
  } finally {
    vi.useRealTimers()
  }
})

it('ends with the run', async () => {
  const { members, signal, lease, change } = start(candidate('first'), async () => new Map())
  members[Symbol.dispose]()
  expect(signal?.aborted).toBe(true)
  const left = candidate('first')
  change(left, 'left')
  expect((await lease())?.use.engine).toBe('first')
})
