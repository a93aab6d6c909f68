import { expect, test } from 'vitest'
import type { RunOutcome } from './lane.js'
import { workOn } from './share.js'

test.each(['docker-registry', 'docker-registry-tls-login', 'embedded-tls', 'embedded-tokens'])(
  'every run on %s succeeds with the right tags, or fails with a typed error, valid tags and a correct message',
  async (variant) => {
    const outcomes: RunOutcome[] = []
    await workOn({ seed: 14, runs: 100, only: [variant], part: 0, parts: 1 }, (outcome) => outcomes.push(outcome))
    expect(outcomes.length).toBeGreaterThan(5)
    expect(outcomes.filter(({ verdict }) => verdict !== 'right' && verdict !== 'failed')).toEqual([])
  },
)
