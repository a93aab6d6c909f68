import { expect, test } from 'vitest'
import type { RunOutcome } from './lane.js'
import { workOn } from './share.js'

/** In milliseconds. It takes about ten seconds on two idle cores. */
const LONG = 240_000

test(
  'every run of a seed ends right, or fails and leaves and states what is true',
  async () => {
    const outcomes: RunOutcome[] = []
    const share = { seed: 7, runs: 60, only: ['embedded'], part: 0, parts: 1 }
    await workOn(share, (outcome) => outcomes.push(outcome))
    expect(outcomes.length).toBeGreaterThan(10)
    expect(outcomes.filter(({ verdict }) => verdict !== 'right' && verdict !== 'failed')).toEqual([])
    // Some faults are overcome, and some are not.
    expect(new Set(outcomes.map(({ verdict }) => verdict)).size).toBe(2)
  },
  LONG,
)
