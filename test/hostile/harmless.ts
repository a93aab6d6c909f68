import { expect } from 'vitest'
import { PolyarchError } from '../../packages/core/src/model/errors.js'
import { processorTime } from '../support/processor-time.js'

/** Milliseconds of processor time for each started 64 kB of input: the least of three runs counts. */
const LIMIT = 100
const UNIT = 64 * 1024
const RUNS = 3

/** How work with foreign bytes ended. */
export type Outcome = 'done' | 'refused'

/**
 * Does some work with foreign bytes. It has to end with a result or an error that has a code, in time, and without a
 * change of prototypes; that it waits without end is found by the time limit of the test.
 *
 * @param size - bytes of the input
 */
export async function expectHarmless(name: string, size: number, work: () => Promise<unknown>): Promise<Outcome> {
  const limit = LIMIT * Math.ceil((size + 1) / UNIT)
  let outcome: Outcome = 'done'
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS && least > limit; run++) {
    const time = await processorTime(async () => {
      outcome = await outcomeOf(name, work)
    })
    least = Math.min(least, time)
  }
  expect(least, `${name}: milliseconds of processor time`).toBeLessThanOrEqual(limit)
  expect(Object.keys(Object.prototype)).toEqual([])
  return outcome
}

async function outcomeOf(name: string, work: () => Promise<unknown>): Promise<Outcome> {
  try {
    await work()
    return 'done'
  } catch (cause) {
    if (cause instanceof PolyarchError) return 'refused'
    throw new Error(`${name}: an error without a code: ${String(cause)}`, { cause })
  }
}
