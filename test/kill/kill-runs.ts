import type { BenchEngine } from '../../bench/bench-engines.js'
import { randomOfRun } from '../chaos/random.js'
import { AMD64, ARM, pushBase } from '../pipeline/project.js'
import { bundle, bundleFolder } from '../support/bundle.js'
import { Cleanup } from '../support/cleanup.js'
import { startDebianRegistry } from '../support/debian-registry.js'
import { type KillOutcome, Kills } from './kills.js'
import { type KillRegistry, openSetting } from './setting.js'

/** A kill, and where it happened. */
export interface PlacedKill extends KillOutcome {
  readonly name: string
  readonly engine: BenchEngine
  readonly registry: KillRegistry
}

/** Which runs are killed. */
export interface KillPlan {
  readonly seed: number
  /** Spread over all engines and registries. */
  readonly kills: number
  readonly engines: readonly BenchEngine[]
  readonly registries: readonly KillRegistry[]
  /** No kill begins after this time, in milliseconds since 1970. */
  readonly until?: number | undefined
  /** Source of the program that is killed. */
  readonly program: string
  onKill(kill: PlacedKill): void
}

/** Kills runs on all engines at a time, and on each one after the other. */
export async function killRuns(plan: KillPlan): Promise<void> {
  const { seed, kills, engines, registries, program, onKill, until = Number.POSITIVE_INFINITY } = plan
  await using cleanup = new Cleanup()
  const built = await bundle(program, cleanup.use(await bundleFolder()).path)
  const elsewhere = cleanup.use(await startDebianRegistry())
  const [wide, narrow] = [
    await pushBase({ ...elsewhere, repository: 'wide' }, { platform: AMD64 }),
    await pushBase({ ...elsewhere, repository: 'narrow' }, { platform: ARM }),
  ]
  const places = engines.flatMap((engine) => registries.map((registry) => ({ engine, registry })))
  const placed = Array.from({ length: Math.ceil(kills / places.length) }, () => places)
    .flat()
    .slice(0, kills)
    .map((place, number) => [number, place] as const)
  const ended = await Promise.allSettled(
    engines.map(async (engine) => {
      await using setting = await openSetting(engine)
      const runs = new Kills(built, setting, [wide, narrow])
      for (const [number, place] of placed) {
        if (place.engine !== engine || Date.now() >= until) continue
        const name = `kill-${seed}-${number}-${process.pid}`
        onKill({ name, ...place, ...(await runs.kill(place.registry, name, randomOfRun(seed, number))) })
      }
    }),
  )
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason
}
