import type { FleetOptions, Mishap, Placed, SimulatedRun } from './simulation.js'
import { PLATFORMS } from './workload.js'

/** What a simulated run came to. */
export interface Measures {
  /** In milliseconds. */
  readonly makespan: number
  /** No schedule of the same builds on these builders ends earlier. */
  readonly bound: number
  /** Share of the builds that had their cache, of those that some builder has. */
  readonly locality: number
  readonly moved: number
  readonly failed: number
  /** Jain's index of the time that pipelines got until half of the makespan: 1 if all got the same. */
  readonly fairness: number
}

export function measure(
  { placed, makespan }: SimulatedRun,
  fleet: FleetOptions,
  cachedBefore: ReadonlySet<string>,
  count: number,
): Measures {
  const done = placed.filter(({ isLost }) => !isLost)
  const cacheable = done.filter(({ build }) => cachedBefore.has(build.id))
  return {
    makespan,
    bound: Math.max(criticalPath(done), ...architectures().map((one) => workBound(done, fleet, one))),
    locality: cacheable.length === 0 ? 0 : cacheable.filter(({ isWarm }) => isWarm).length / cacheable.length,
    moved: placed.length - done.length,
    failed: count - done.length,
    fairness: jain(served(placed, makespan / 2)),
  }
}

function architectures(): readonly string[] {
  return [...new Set(Object.values(PLATFORMS))]
}

function durationOf({ start, end }: Placed): number {
  return end - start
}

/** The longest chain of builds that are based on each other. */
function criticalPath(done: readonly Placed[]): number {
  const ends = new Map<string, number>()
  // In order of their ends, each comes after its base.
  for (const one of done.toSorted((a, b) => a.end - b.end)) {
    const { id, base } = one.build
    ends.set(id, durationOf(one) + (base === undefined ? 0 : (ends.get(base) ?? 0)))
  }
  return Math.max(0, ...ends.values())
}

/** The time in which the builders of an architecture could do its builds if none ever waited. */
function workBound(
  done: readonly Placed[],
  { builders, buildsPerBuilder, mishaps }: FleetOptions,
  architecture: string,
): number {
  const own = builders.filter((one) => one.architecture === architecture).map(({ name }) => name)
  const of = done.filter(({ builder }) => own.includes(builder))
  let left = of.reduce((sum, one) => sum + durationOf(one), 0)
  const joining = new Set(mishaps.flatMap(({ kind, builder }) => (kind === 'joins' ? [builder] : [])))
  let count = own.filter((name) => !joining.has(name)).length
  let now = 0
  const changes = mishaps.filter(({ builder }) => own.includes(builder)).toSorted((a, b) => a.at - b.at)
  for (const { at, kind } of changes) {
    const capacity = count * buildsPerBuilder * (at - now)
    if (capacity >= left) break
    left -= capacity
    now = at
    count += changeOf(kind)
  }
  return now + left / (count * buildsPerBuilder)
}

function changeOf(kind: Mishap['kind']): number {
  return kind === 'joins' ? 1 : -1
}

/** Milliseconds of builders that each pipeline got until a time. */
function served(placed: readonly Placed[], until: number): readonly number[] {
  const byPipeline = new Map<string, number>()
  for (const { build, start, end } of placed) {
    const time = Math.max(0, Math.min(end, until) - start)
    // Times of builds differ: what counts is the share of its own work.
    const share = time / Math.max(1, end - start)
    byPipeline.set(build.pipeline, (byPipeline.get(build.pipeline) ?? 0) + share)
  }
  return [...byPipeline.values()]
}

/** @see https://arxiv.org/abs/cs/9809099 */
function jain(values: readonly number[]): number {
  const sum = values.reduce((total, one) => total + one, 0)
  const squares = values.reduce((total, one) => total + one * one, 0)
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares)
}
