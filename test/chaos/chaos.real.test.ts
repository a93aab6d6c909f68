import { expect, test } from 'vitest'
import type { RunOutcome } from './lane.js'
import { workOn } from './share.js'

test.each(['docker-registry', 'docker-registry-tls-login', 'embedded-tls', 'embedded-tokens'])(
  'every run on %s ends right, or fails and leaves and states what is true',
  async (variant) => {
    const outcomes: RunOutcome[] = []
    await workOn({ seed: 14, runs: 100, only: [variant], part: 0, parts: 1 }, (outcome) => outcomes.push(outcome))
    expect(outcomes.length).toBeGreaterThan(5)
    expect(outcomes.filter(({ verdict }) => verdict !== 'right' && verdict !== 'failed')).toEqual([])
  },
)
