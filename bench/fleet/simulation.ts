import { setMaxListeners } from 'node:events'
import { BuilderPool, type Candidate, claimOf } from '../../packages/core/src/builder/pool/pool.js'
import type { Builder } from '../../packages/core/src/builder/port.js'
import { doOnBuilder, leaseFor } from '../../packages/core/src/execute/on-builder.js'
import { runSchedule } from '../../packages/core/src/execute/schedule.js'
import { buildHeights } from '../../packages/core/src/graph/build-heights.js'
import type { Node } from '../../packages/core/src/graph/node.js'
import { EngineError } from '../../packages/core/src/model/errors.js'
import { parsePlatform } from '../../packages/core/src/model/platform.js'
import type { Random } from '../../test/chaos/random.js'
import { VirtualTime } from './virtual-time.js'
import { PLATFORMS, type SimulatedBuild } from './workload.js'

/** What happens to a builder, at a part of the expected duration. */
export interface Mishap {
  readonly kind: 'killed' | 'drained' | 'joins'
  readonly builder: string
  readonly at: number
}

/** A fleet, and what happens to it. */
export interface FleetOptions {
  readonly builders: readonly { readonly name: string; readonly architecture: string }[]
  readonly buildsPerBuilder: number
  readonly mishaps: readonly Mishap[]
  /** Builds whose cache a builder has, by its name, with their longest time as its history has it; grows. */
  readonly caches: Map<string, Map<string, number>>
  /** Whether builds go to any builder that is free, as a comparison. */
  readonly ignoresCaches?: boolean
}

/** A build on a builder, in milliseconds of the simulation. */
export interface Placed {
  readonly build: SimulatedBuild
  readonly builder: string
  readonly start: number
  readonly end: number
  readonly isWarm: boolean
  readonly isLost: boolean
}

/** Result of a simulated run. */
export interface SimulatedRun {
  readonly placed: readonly Placed[]
  readonly makespan: number
}

/** Milliseconds that a drained pod has for what it builds: the default of Kubernetes. */
const GRACE = 30_000

/**
 * Runs builds with the scheduler, the pool and the reassignment of `execute`, on builders that only take time. Builds on one
 * builder do not slow each other down.
 */
export async function simulate(builds: readonly SimulatedBuild[], fleet: FleetOptions): Promise<SimulatedRun> {
  const time = new VirtualTime()
  const pool = new BuilderPool({ buildsPerBuilder: fleet.buildsPerBuilder, waitsForNative: true, patience: 2 ** 30 })
  const joins = new Set(fleet.mishaps.flatMap(({ kind, builder }) => (kind === 'joins' ? [builder] : [])))
  const builders = fleet.builders.map(({ name, architecture }) => new SimulatedBuilder(name, architecture))
  // As a plan reads them, before the run.
  const past = new Map([...fleet.caches].map(([name, times]) => [name, new Map(times)]))
  const candidates = new Map(
    builds.map(({ id, platform }) => [
      id,
      builders
        .filter((one) => one.runs(platform) && !joins.has(one.name))
        .map((one) => candidateOf(one, fleet.ignoresCaches ? undefined : past.get(one.name)?.get(id))),
    ]),
  )
  using _opening = pool.expectJoins()
  for (const { kind, builder: name, at } of fleet.mishaps) {
    const builder = builders.find((one) => one.name === name)
    if (builder !== undefined) time.at(at, () => befall(builder, kind))
  }
  const placed: Placed[] = []
  const byId = new Map(builds.map((build) => [build.id, build]))
  const nodes = builds.map(
    ({ id, base }) => ({ id, kind: 'image', needs: base === undefined ? [] : [base] }) as unknown as Node,
  )
  const heights = buildHeights(nodes)
  const run = ({ id }: Node, signal: AbortSignal) => runBuild(byId.get(id), signal)
  // A build whose second builder is lost too has failed, as in a run.
  await time.runUntil(runSchedule({ nodes, run, keepGoing: true }))
  return { placed, makespan: Math.max(...placed.map(({ end }) => end)) }

  function befall(builder: SimulatedBuilder, kind: Mishap['kind']): void {
    if (kind === 'killed') builder.lose()
    if (kind === 'drained') {
      pool.leave(builder.engine)
      time.at(time.now + GRACE, () => builder.lose())
    }
    if (kind !== 'joins') return
    for (const { id, platform } of builds)
      if (builder.runs(platform)) candidates.get(id)?.push(candidateOf(builder, undefined))
    pool.join(builder.engine)
  }

  async function runBuild(build: SimulatedBuild | undefined, signal: AbortSignal): Promise<void> {
    const platform = build && parsePlatform(build.platform)
    if (build === undefined || platform === undefined) throw new Error('there is no such build')
    const own = candidates.get(build.id) ?? []
    const salt = fleet.ignoresCaches ? `${fleet.caches.size} ${time.now} ` : ''
    const claim = claimOf({ pipeline: salt + build.pipeline, platform }, own, heights.get(build.id))
    const placement = { node: build.id, claim, rejections: [], pool, signal, moved: () => {} }
    const lease = await leaseFor(placement)
    await doOnBuilder(lease, placement, ({ name }) => buildOn(build, name))
  }

  async function buildOn(build: SimulatedBuild, name: string): Promise<void> {
    const builder = builders.find((one) => one.name === name)
    if (builder === undefined) throw new Error(`there is no builder ${name}`)
    const cache = fleet.caches.get(name) ?? new Map<string, number>()
    fleet.caches.set(name, cache)
    const isWarm = cache.has(build.id)
    const start = time.now
    const note = (isLost: boolean) => placed.push({ build, builder: name, start, end: time.now, isWarm, isLost })
    try {
      builder.lost.throwIfAborted()
      await time.sleep(isWarm ? build.time.warm : build.time.cold, builder.lost)
      cache.set(build.id, Math.max(time.now - start, cache.get(build.id) ?? 0))
      note(false)
    } catch (error) {
      note(true)
      throw error
    }
  }
}

/** A builder that takes time. */
class SimulatedBuilder {
  readonly name: string
  readonly #architecture: string
  readonly #stop = new AbortController()
  readonly engine: Builder

  constructor(name: string, architecture: string) {
    setMaxListeners(0, this.#stop.signal)
    this.name = name
    this.#architecture = architecture
    this.engine = { name } as unknown as Builder
  }

  /** Whether it runs a platform natively. */
  runs(platform: string): boolean {
    return PLATFORMS[platform as keyof typeof PLATFORMS] === this.#architecture
  }

  /** Fires when the builder is gone. */
  get lost(): AbortSignal {
    return this.#stop.signal
  }

  lose(): void {
    this.#stop.abort(new EngineError('ENGINE_UNREACHABLE', `${this.name} is gone`))
  }
}

function candidateOf({ name, engine }: SimulatedBuilder, pastTime: number | undefined): Candidate {
  return { builder: engine, address: `kube-pod://${name}`, execution: 'native', pastTime }
}

/** Kills, drains and replacements at random times of a run of an expected duration. */
export function makeMishaps(
  builders: FleetOptions['builders'],
  counts: { readonly killed: number; readonly drained: number; readonly joining: number },
  duration: number,
  random: Random,
): readonly Mishap[] {
  const left = [...builders]
  const take = (count: number, kind: Mishap['kind'], from: number, to: number) =>
    Array.from({ length: count }, (): Mishap => {
      const [builder] = left.splice(Math.floor(random() * left.length), 1)
      return { kind, builder: builder?.name ?? '', at: duration * (from + random() * (to - from)) }
    })
  return [
    ...take(counts.killed, 'killed', 0.1, 0.8),
    ...take(counts.drained, 'drained', 0.1, 0.8),
    ...take(counts.joining, 'joins', 0.1, 0.5),
  ]
}
