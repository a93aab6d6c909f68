import { expect, test } from 'vitest'
import type { RunOutcome } from './lane.js'
import { workOn } from './share.js'

/** Timeout in milliseconds. The test takes about ten seconds on two idle cores. */
const LONG = 240_000

test(
  'every run of a seed succeeds with the right tags, or fails with a typed error, valid tags and a correct message',
  async () => {
    const outcomes: RunOutcome[] = []
    const share = { seed: 7, runs: 60, only: ['embedded'], part: 0, parts: 1 }
    await workOn(share, (outcome) => outcomes.push(outcome))
    expect(outcomes.length).toBeGreaterThan(10)
    expect(outcomes.filter(({ verdict }) => verdict !== 'right' && verdict !== 'failed')).toEqual([])
    // Some runs succeed despite faults, and some fail.
    expect(new Set(outcomes.map(({ verdict }) => verdict)).size).toBe(2)
  },
  LONG,
)
