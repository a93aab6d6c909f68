import { pick, type Random } from '../../test/chaos/random.js'
import type { BuildTime } from './build-times.js'

/** The image of one platform of a pipeline. */
export interface SimulatedBuild {
  readonly id: string
  readonly pipeline: string
  readonly platform: string
  /** The build that its base comes from. */
  readonly base: string | undefined
  readonly time: BuildTime
}

/** The platforms, with the architecture of the builders that run each natively. */
export const PLATFORMS = { 'linux/amd64': 'amd64', 'linux/arm64': 'arm64', 'linux/arm/v7': 'arm64' } as const

/** Share of the pipelines that are based on another one. */
const BASED = 0.4

/** Pipelines in a row, each based on the one before, at most. */
const MAX_DEPTH = 4

/** Pipelines with three platforms each. A pipeline may be based on one of those before it. */
export function makeWorkload(count: number, times: readonly BuildTime[], random: Random): readonly SimulatedBuild[] {
  const depths: number[] = []
  const builds: SimulatedBuild[] = []
  for (let at = 0; at < count; at += 1) {
    const other = Math.floor(random() * at)
    const isBased = at > 0 && random() < BASED && (depths[other] ?? 0) < MAX_DEPTH - 1
    depths.push(isBased ? (depths[other] ?? 0) + 1 : 0)
    for (const platform of Object.keys(PLATFORMS)) {
      const idOf = (number: number) => `app${number} ${platform}`
      const base = isBased ? idOf(other) : undefined
      builds.push({ id: idOf(at), pipeline: `app${at}`, platform, base, time: pick(random, times) })
    }
  }
  return builds
}
