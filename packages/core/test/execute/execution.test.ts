import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { EnginePool } from '../../src/engine/pool.js'
import type { Engine } from '../../src/engine/port.js'
import { type PlannedNode, performNodes } from '../../src/execute/execution.js'
import type { ImageNode, IndexNode } from '../../src/graph/node.js'
import { RegistryError } from '../../src/model/errors.js'
import type { RunEvent } from '../../src/model/events.js'
import type { Output, PerformCall } from '../../src/steps/step.js'

/** A node that fails so when it is made. */
function failing(id: string, error: unknown): PlannedNode {
  const node: IndexNode = {
    kind: 'index',
    id,
    pipeline: 'app',
    repository: { registry: 'registry.example.com', repository: 'app' },
    needs: [],
    decidedBy: [],
    children: [],
    format: 'oci',
    annotations: {},
    contexts: [],
  }
  const considered = {
    key: id,
    predicted: undefined,
    lookup: async () => ({ state: 'absent' as const }),
    explain: async () => [],
    perform: () => Promise.reject(error),
  }
  const resolved = { node, volatile: undefined, consider: () => considered }
  return { node, resolved, considered, finding: undefined, output: undefined, anew: false, former: {}, wanted: true }
}

test('a listener that throws costs no engine its place: else whoever waits for it would wait for ever', async () => {
  const engine = { name: 'only' } as Engine
  const candidates = [{ engine, address: 'only', execution: 'native' as const }]
  const planned = ['one', 'other'].map((id) => {
    const { node, ...rest } = failing(id, new Error('it is not come to that'))
    const image = { ...node, kind: 'image', platform: { os: 'linux', architecture: 'amd64' } } as unknown as ImageNode
    return [id, { ...rest, node: image }] as const
  })
  const running = performNodes({
    nodes: new Map(planned),
    pool: new EnginePool({ buildsPerEngine: 1, waitsForNative: false }),
    candidacies: new Map(planned.map(([id]) => [id, { candidates, refusals: [] }])),
    builds: true,
    keepGoing: true,
    emit: () => {
      throw new Error('the listener')
    },
  })
  await expect(running).rejects.toThrow('the listener')
})

test('nodes that fail by what they share are each told with a name of their own', async () => {
  const shared = new RegistryError('CREDENTIALS_UNREADABLE', 'the helper failed')
  const events: RunEvent[] = []
  const running = performNodes({
    nodes: new Map(['one', 'other'].map((id) => [id, failing(id, shared)])),
    pool: new EnginePool({ buildsPerEngine: 1, waitsForNative: false }),
    candidacies: new Map(),
    builds: true,
    keepGoing: true,
    emit: (event) => events.push(event),
  })
  await expect(running).rejects.toBe(shared)
  const failures = events.filter((event) => event.kind === 'node-failed')
  expect(failures.map(({ node, error }) => [node, error.node])).toEqual([
    ['one', 'one'],
    ['other', 'other'],
  ])
})

describe('an image on a base that is known before it is there', () => {
  const repository = { registry: 'registry.example.com', repository: 'app' }
  const output = { reference: repository, descriptor: { digest: `sha256:${'0'.repeat(64)}` } } as Output
  const engine = { name: 'only' } as Engine
  const candidates = [{ engine, address: 'only', execution: 'native' as const }]

  function known(id: string, kind: 'base' | 'image', needs: string[], perform: (call: PerformCall) => Promise<void>) {
    const { considered, ...rest } = failing(id, undefined)
    const making = { ...considered, perform: (_inputs: unknown, call: PerformCall) => perform(call).then(() => output) }
    const node = { ...rest.node, kind, needs } as unknown as ImageNode
    return [id, { ...rest, node, output, considered: making, finding: { state: 'absent' } }] as [string, PlannedNode]
  }

  function run(planned: readonly [string, PlannedNode][], emit: (event: RunEvent) => void, buildsPerEngine = 4) {
    return performNodes({
      nodes: new Map(planned),
      pool: new EnginePool({ buildsPerEngine, waitsForNative: false }),
      candidacies: new Map(planned.map(([id]) => [id, { candidates, refusals: [] }])),
      builds: true,
      keepGoing: true,
      emit,
    })
  }

  const told = (events: readonly RunEvent[]) => events.map((event) => `${event.kind} ${'node' in event && event.node}`)

  test('is begun at once, and counts as started when the base is there', async () => {
    const log: string[] = []
    const events: RunEvent[] = []
    const base = known('base', 'base', [], async () => {
      await sleep(1)
      log.push('base')
    })
    const image = known('image', 'image', ['base'], async ({ ready, onEvent }) => {
      log.push('begun')
      onEvent?.({ kind: 'note', message: 'early' })
      await ready
      log.push('image')
    })
    await run([base, image], (event) => events.push(event))
    expect(log).toEqual(['begun', 'base', 'image'])
    const ofImage = ['node-started image', 'work image', 'node-finished image']
    expect(told(events)).toEqual(['node-started base', 'node-finished base', ...ofImage])
  })

  test('is left out where the base fails, and nothing is told of what was begun', async () => {
    const events: RunEvent[] = []
    const base = known('base', 'base', [], async () => {
      await sleep(1)
      throw new RegistryError('NOT_FOUND', 'no base')
    })
    const image = known('image', 'image', ['base'], async ({ ready }) => ready)
    await expect(run([base, image], (event) => events.push(event))).rejects.toThrow('no base')
    expect(told(events)).toEqual(['node-started base', 'node-failed base', 'node-skipped image'])
  })

  test('fails after the base is there, where it fails before', async () => {
    const events: RunEvent[] = []
    const base = known('base', 'base', [], () => sleep(1))
    const image = known('image', 'image', ['base'], () => Promise.reject(new RegistryError('NOT_FOUND', 'refused')))
    await expect(run([base, image], (event) => events.push(event))).rejects.toThrow('refused')
    const ofImage = ['node-started image', 'node-failed image']
    expect(told(events)).toEqual(['node-started base', 'node-finished base', ...ofImage])
  })

  test('waits for the base where it would take an engine from another image', async () => {
    const log: string[] = []
    const base = known('base', 'base', [], async () => {
      await sleep(1)
      log.push('base')
    })
    const images = ['one', 'other'].map((id) => known(id, 'image', ['base'], async () => void log.push(id)))
    await run([base, ...images], () => {}, 1)
    expect(log).toEqual(['base', 'one', 'other'])
  })
})
