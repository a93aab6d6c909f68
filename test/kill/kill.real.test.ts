import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { killRuns, type PlacedKill } from './kill-runs.js'
import { KILL_REGISTRIES } from './setting.js'

const program = fileURLToPath(new URL('../pipeline/build-until-killed.ts', import.meta.url))

/** Timeout in milliseconds. The test takes about ten seconds on two idle cores. */
const LONG = 400_000

test(
  'a run after a kill leaves the same registry state as an uninterrupted run',
  async () => {
    const kills: PlacedKill[] = []
    await killRuns({
      seed: 7,
      kills: 4,
      engines: ['20.10'],
      registries: KILL_REGISTRIES,
      program,
      onKill: (kill) => kills.push(kill),
    })
    expect(kills.map(({ issues }) => issues)).toEqual([[], [], [], []])
    expect(kills.some(({ wasOver }) => !wasOver)).toBe(true)
  },
  LONG,
)
