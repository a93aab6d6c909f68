import { expect, it } from 'vitest'
import { offsetOf } from '../../src/builder/build/clock.js'
import type { Builder, BuilderState } from '../../src/builder/port.js'
import { EngineError } from '../../src/model/errors.js'
import { checkBuilders } from '../../src/operations/doctor/builder-check.js'

const GB = 1_000_000_000
const DAY = 24 * 3600 * 1_000_000_000
const TARGET = { registry: 'ghcr.io', repository: 'team/app', tag: 'latest' }
const RULE = { all: false, keepDuration: 0, reservedSpace: 0, maxUsedSpace: 0, minFreeSpace: 0, filters: [] }
const STATE: BuilderState = {
  workers: [
    {
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm', variant: 'v7' },
      ],
      gcRules: [
        { ...RULE, keepDuration: 2 * DAY, filters: ['type==source.local'] },
        { ...RULE, all: true, maxUsedSpace: 60 * GB, reservedSpace: 10 * GB },
      ],
    },
  ],
  cache: { size: 12.5 * GB, inUse: 0.5 * GB },
  clockOffset: 12,
}

function builder(state: () => Promise<BuilderState>, requireRegistry = async () => {}): Builder {
  return { name: 'kube-pod://b-0', inspect: state, requireRegistry } as unknown as Builder
}

const check = (one: Builder) => checkBuilders([one], { targets: [TARGET] })
const subject = 'builder kube-pod://b-0'

it('reports workers, cache, its limits, the clock, and the registries that it reaches', async () => {
  expect(await check(builder(async () => STATE))).toEqual([
    {
      subject,
      state: 'ok',
      message:
        'worker for linux/amd64, linux/arm/v7; cache of 12.5 GB, 500.0 MB in use; records are deleted above 60.0 GB, down to 10.0 GB; clock in step',
    },
    { subject, state: 'ok', message: 'reaches the registry ghcr.io' },
  ])
})

it('warns of a clock that differs, and of a cache without a limit', async () => {
  const [worker] = STATE.workers
  const workers = [{ platforms: worker?.platforms ?? [], gcRules: [] }]
  const findings = await check(builder(async () => ({ ...STATE, workers, clockOffset: -90_000 })))
  expect(findings.map(({ state, message }) => `${state}: ${message}`)).toEqual([
    expect.stringContaining('cache is not limited; clock differs'),
    'warning: its clock is 1 min 30 s behind that of this machine',
    'warning: its cache grows without limit',
    'ok: reaches the registry ghcr.io',
  ])
})

it('warns of a registry that it does not reach, with what to do', async () => {
  const unreached = new EngineError('ENGINE_CANNOT_REACH_REGISTRY', 'it cannot reach ghcr.io', {
    hint: 'open the proxy',
  })
  const findings = await check(
    builder(
      async () => STATE,
      () => Promise.reject(unreached),
    ),
  )
  expect(findings.at(-1)).toEqual({
    subject,
    state: 'warning',
    message: 'it cannot reach ghcr.io',
    advice: 'open the proxy',
  })
})

it('reports one finding for a builder that does not answer', async () => {
  expect(await check(builder(() => Promise.reject(new EngineError('ENGINE_UNREACHABLE', 'gone'))))).toEqual([])
  const rejected = builder(() => Promise.reject(new EngineError('ENGINE_REJECTED', 'not allowed')))
  expect(await check(rejected)).toMatchObject([{ state: 'warning', message: 'not allowed' }])
})

it.each([
  [100, 100, 200, 0],
  [150, 100, 200, 0],
  [90, 100, 200, -10],
  [260, 100, 200, 60],
])('a moment of %d in a request from %d to %d is off by %d', (moment, from, to, offset) => {
  expect(offsetOf(moment, from, to)).toBe(offset)
})
