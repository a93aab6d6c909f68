import { expect, test } from 'vitest'
import { BuilderPool } from '../../src/builder/pool/pool.js'
import type { Builder } from '../../src/builder/port.js'
import { type PlannedNode, performNodes } from '../../src/execute/execution.js'
import type { ImageNode, IndexNode } from '../../src/graph/node.js'
import { digestOf } from '../../src/model/digest.js'
import { RegistryError } from '../../src/model/errors.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import type { RunEvent } from '../../src/model/run/events.js'
import type { Output } from '../../src/steps/step.js'

/** An index whose `perform` is given. */
function plannedIndex(id: string, perform: () => Promise<Output>): PlannedNode {
  const node: IndexNode = {
    kind: 'index',
    id,
    pipeline: 'app',
    repository: { registry: 'registry.example.com', repository: 'app' },
    needs: [],
    children: [],
    format: 'oci',
    annotations: {},
    contexts: [],
  }
  const keyed = {
    key: id,
    predicted: undefined,
    lookup: async () => ({ state: 'absent' as const }),
    verify: async () => {},
    explain: async () => [],
    perform,
  }
  const resolved = {
    node,
    unpinned: undefined,
    upstream: [],
    runsOnBuilderOnly: false,
    decidedBy: [],
    evaluate: () => keyed,
  }
  return { node, resolved, keyed, lookupResult: undefined, force: false, previous: {}, required: true }
}

/** An index that fails with an error. */
function failing(id: string, error: unknown): PlannedNode {
  return plannedIndex(id, () => Promise.reject(error))
}

/** The same as an image. */
function asImage({ node, ...rest }: PlannedNode): PlannedNode {
  const image = { ...node, kind: 'image', platform: { os: 'linux', architecture: 'amd64' } } as unknown as ImageNode
  return { ...rest, node: image }
}

test('a builder starts no build before the previous one is reported as finished', async () => {
  const engine = { name: 'only' } as Builder
  const candidates = [{ builder: engine, address: 'only', execution: 'native' as const }]
  const repository = { registry: 'registry.example.com', repository: 'app' }
  const descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf('image'), size: 5 }
  const output = { descriptor, reference: { ...repository, digest: descriptor.digest } } as Output
  const ids = ['one', 'two', 'three']
  const events: RunEvent[] = []
  await performNodes({
    nodes: new Map(ids.map((id) => [id, asImage(plannedIndex(id, async () => output))])),
    pool: new BuilderPool({ buildsPerBuilder: 1, waitsForNative: false }),
    candidacies: new Map(ids.map((id) => [id, { candidates, rejections: [] }])),
    builds: true,
    keepGoing: false,
    emit: (event) => events.push(event),
  })
  expect(events.map(({ kind }) => kind)).toEqual(ids.flatMap(() => ['node-started', 'node-finished']))
})

test('a listener that throws costs no engine its place: else whoever waits for it would wait for ever', async () => {
  const engine = { name: 'only' } as Builder
  const candidates = [{ builder: engine, address: 'only', execution: 'native' as const }]
  const planned = ['one', 'other'].map((id) => {
    return [id, asImage(failing(id, new Error('never performed')))] as const
  })
  const running = performNodes({
    nodes: new Map(planned),
    pool: new BuilderPool({ buildsPerBuilder: 1, waitsForNative: false }),
    candidacies: new Map(planned.map(([id]) => [id, { candidates, rejections: [] }])),
    builds: true,
    keepGoing: true,
    emit: () => {
      throw new Error('the listener')
    },
  })
  await expect(running).rejects.toThrow('the listener')
})

test('nodes that fail for one shared reason are each reported by name', async () => {
  const shared = new RegistryError('CREDENTIALS_UNREADABLE', 'the helper failed')
  const events: RunEvent[] = []
  const running = performNodes({
    nodes: new Map(['one', 'other'].map((id) => [id, failing(id, shared)])),
    pool: new BuilderPool({ buildsPerBuilder: 1, waitsForNative: false }),
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
