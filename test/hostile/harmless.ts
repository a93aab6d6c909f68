import { expect } from 'vitest'
import { checkInput, type Verdict } from '../fuzz/check-input.js'

/**
 * Does some work with foreign bytes, by the rules of fuzzing: it ends with a result or an error that has a code, in
 * 100 ms of processor time for each 64 kB, and changes no prototype.
 *
 * @param size - bytes of the input
 */
export async function expectHarmless(name: string, size: number, work: () => Promise<unknown>): Promise<Verdict> {
  const target = { name, seeds: [], read: work }
  // The work makes its own input; of this one only the length counts.
  const verdict = await checkInput(target, Buffer.alloc(size))
  expect(Object.keys(Object.prototype)).toEqual([])
  return verdict
}
