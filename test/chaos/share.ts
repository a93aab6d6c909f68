import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cleanup } from '../support/cleanup.js'
import type { RunOutcome } from './lane.js'
import { type PlannedRun, plannedRuns } from './matrix.js'
import { startLane, VARIANTS } from './variants.js'

/** A share of the runs of a seed. */
export interface Share {
  readonly seed: number
  readonly runs: number
  readonly only: readonly string[]
  /** Which of how many shares. */
  readonly part: number
  readonly parts: number
  /** No run begins after this time, in milliseconds since 1970. */
  readonly until?: number | undefined
}

/** The registries sync what they write; memory makes that cheap. */
export const STORES = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Does a share of the runs, several at a time: most of the time of a run is spent waiting. */
export async function workOn(share: Share, onOutcome: (outcome: RunOutcome) => void): Promise<void> {
  const { until = Number.POSITIVE_INFINITY } = share
  await using cleanup = new Cleanup()
  const folder = await mkdtemp(join(STORES, 'polyarch-chaos-'))
  cleanup.use({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) })
  const own = plannedRuns(share.seed, share.runs, share.only).filter(
    ({ number }) => number % share.parts === share.part,
  )
  const lanes = VARIANTS.flatMap((variant) => {
    const queue: PlannedRun[] = own.filter((run) => run.variant === variant)
    return Array.from({ length: Math.min(variant.lanes, queue.length) }, (_, at) => ({ variant, queue, at }))
  })
  const ended = await Promise.allSettled(
    lanes.map(async ({ variant, queue, at }) => {
      await using lane = await startLane(variant, join(folder, `${variant.name}-${at}`))
      const next = () => (Date.now() < until ? queue.shift() : undefined)
      for (let run = next(); run; run = next()) onOutcome(await lane.run(run))
    }),
  )
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason
}
