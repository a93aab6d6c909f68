import type { Digest } from '../../src/model/digest.js'
import type { Platform } from '../../src/model/platform.js'
import type { RunEvent, WorkEvent } from '../../src/model/run/events.js'
import type { NodePlan, Plan, PlanAction } from '../../src/model/run/plan.js'

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' }
export const ARM: Platform = { os: 'linux', architecture: 'arm', variant: 'v7' }

/** When the run starts, in milliseconds since the epoch. */
export const START = Date.UTC(2026, 0, 2, 3, 4, 5)

/** A digest that differs from others by its letters. */
export function digestOf(letters: string): Digest {
  return `sha256:${letters.repeat(64).slice(0, 64)}` as Digest
}

/** A node of a plan; what tests do not care about is filled in. */
export function nodePlan(
  node: string,
  kind: NodePlan['kind'],
  action: PlanAction,
  more: Partial<NodePlan> = {},
): NodePlan {
  const [pipeline = ''] = node.split(' ')
  return { node, pipeline, kind, action, why: [], reason: `it is to be ${action}`, needs: [], ...more }
}

export const PLAN: Plan = {
  version: 1,
  nodes: [
    nodePlan('app base(linux/amd64)', 'base', 'reuse', { platform: AMD64, digest: digestOf('a') }),
    nodePlan('app base(linux/arm/v7)', 'base', 'copy', { platform: ARM, digest: digestOf('b') }),
    nodePlan('app base index', 'base-index', 'create', {
      needs: ['app base(linux/amd64)', 'app base(linux/arm/v7)'],
    }),
    nodePlan('app image(linux/amd64)', 'image', 'create', {
      platform: AMD64,
      execution: 'native',
      needs: ['app base(linux/amd64)', 'app base index'],
    }),
    nodePlan('app image(linux/arm/v7)', 'image', 'rebuild', {
      platform: ARM,
      execution: 'emulated',
      needs: ['app base(linux/arm/v7)', 'app base index'],
    }),
    nodePlan('app index', 'index', 'known-after', {
      needs: ['app image(linux/amd64)', 'app image(linux/arm/v7)'],
    }),
  ],
  tags: [
    { reference: 'reg.example/app:1.0', node: 'app index', action: 'known-after', from: digestOf('e') },
    { reference: 'reg.example/app:latest', node: 'app index', action: 'known-after' },
  ],
  errors: [],
  notes: ['the base of linux/arm/v7 says linux/amd64 in its config'],
}

const at = (seconds: number) => START + seconds * 1000

function started(seconds: number, node: string): RunEvent {
  return { kind: 'node-started', at: at(seconds), node }
}

function finished(seconds: number, node: string, letter: string): RunEvent {
  const digest = digestOf(letter)
  return { kind: 'node-finished', at: at(seconds), node, digest, reference: `reg.example/app@${digest}` }
}

/** Something that happens inside a node. */
export function work(seconds: number, node: string, event: WorkEvent): RunEvent {
  return { kind: 'work', at: at(seconds), node, event }
}

function layers(config: string, ...blobs: readonly (readonly [letter: string, size: number])[]): WorkEvent {
  return {
    kind: 'layers',
    config: { digest: digestOf(config), size: 2_000 },
    layers: blobs.map(([letter, size]) => ({ digest: digestOf(letter), size })),
  }
}

const IMAGE = 'app image(linux/arm/v7)'
export const RUN = { kind: 'build-step', step: 'sha256:1', name: '[2/3] RUN make -j1' } as const
const BLOB = { kind: 'transfer', direction: 'download', digest: digestOf('d'), total: 30_000_000 } as const

/** The events up to the middle of a build, when one base has been copied and both images are being built. */
export const HALF: readonly RunEvent[] = [
  { kind: 'planned', at: at(1), plan: PLAN },
  {
    kind: 'node-reused',
    at: at(1),
    node: 'app base(linux/amd64)',
    digest: digestOf('a'),
    reference: `reg.example/app@${digestOf('a')}`,
  },
  started(1, 'app base(linux/arm/v7)'),
  work(1, 'app base(linux/arm/v7)', { ...BLOB, bytes: 0 }),
  work(3, 'app base(linux/arm/v7)', { ...BLOB, bytes: 20_000_000 }),
  work(4, 'app base(linux/arm/v7)', { ...BLOB, bytes: 30_000_000 }),
  finished(4, 'app base(linux/arm/v7)', 'b'),
  started(4, 'app base index'),
  finished(5, 'app base index', 'c'),
  started(5, 'app image(linux/amd64)'),
  started(5, IMAGE),
  work(6, IMAGE, { ...RUN, status: 'started' }),
  work(6, IMAGE, { kind: 'build-log', step: 'sha256:1', stream: 'stdout', text: 'cc -c main.c\n' }),
  work(7, IMAGE, { kind: 'build-warning', message: 'FromAsCasing', line: 3 }),
  work(7, IMAGE, { kind: 'engine-transfer', direction: 'push', layer: 'l1', status: 'Pushing', bytes: 0, total: 8e6 }),
  work(9, IMAGE, {
    kind: 'engine-transfer',
    direction: 'push',
    layer: 'l1',
    status: 'Pushing',
    bytes: 4e6,
    total: 8e6,
  }),
]

/** The events of a run that succeeds. */
export const WHOLE: readonly RunEvent[] = [
  ...HALF,
  finished(9, 'app image(linux/amd64)', '1'),
  work(60, IMAGE, { ...RUN, status: 'done' }),
  work(69, IMAGE, { kind: 'code-checked', verdict: 'match', path: 'bin/sh', found: 'arm/v7' }),
  finished(70, IMAGE, '2'),
  started(70, 'app index'),
  finished(71, 'app index', 'f'),
  {
    kind: 'tag-moved',
    at: at(71),
    change: { reference: 'reg.example/app:1.0', from: digestOf('e'), to: digestOf('f') },
  },
  { kind: 'tag-moved', at: at(72), change: { reference: 'reg.example/app:latest', to: digestOf('f') } },
  work(72, 'app image(linux/amd64)', layers('5', ['6', 20_000_000], ['9', 5_000_000])),
  work(72, IMAGE, layers('7', ['8', 18_000_000], ['9', 5_000_000])),
  { kind: 'run-finished', at: at(72), outcome: 'succeeded' },
]

/** The events of a run that fails in a build. */
export const FAILED: readonly RunEvent[] = [
  ...HALF,
  work(10, IMAGE, { ...RUN, status: 'failed', error: 'exit code: 2' }),
  {
    kind: 'node-failed',
    at: at(10),
    node: IMAGE,
    error: {
      code: 'BUILD_FAILED',
      message:
        'the build for linux/arm/v7 failed at Dockerfile:3: exit code: 2\n  [2/3] RUN make -j1\n  | cc -c main.c',
      node: IMAGE,
    },
  },
  { kind: 'node-skipped', at: at(10), node: 'app image(linux/amd64)', because: 'cancelled' },
  {
    kind: 'run-finished',
    at: at(11),
    outcome: 'failed',
    error: { code: 'BUILD_FAILED', message: 'the build for linux/arm/v7 failed', node: IMAGE },
  },
]
