import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkInput } from './check-input.js'
import { keptInputs } from './kept-inputs.js'
import { randomInput } from './random-input.js'
import { TARGETS } from './targets.js'

const SEED = 17
const RUNS = 300

test.each(TARGETS)('$name: accepts valid inputs', async (target) => {
  for (const seed of target.seeds) expect(await checkInput(target, Buffer.from(seed as string))).toBe('read')
})

test.each(TARGETS)(
  '$name: returns a result or throws a typed error for mutated inputs, within the time limit',
  async (target) => {
    for (const input of keptInputs(target.name)) await checkInput(target, input)
    const property = fc.asyncProperty(randomInput(target), async (input) => {
      await checkInput(target, input)
    })
    await fc.assert(property, { seed: SEED, numRuns: RUNS })
    expect(Object.keys(Object.prototype)).toEqual([])
  },
)

test('checkInput reports untyped errors and exceeded time limits', async () => {
  const target = { name: 'x', seeds: [''], read: () => JSON.parse('{') }
  await expect(checkInput(target, Buffer.alloc(0))).rejects.toThrow('not typed')
  const slow = { name: 'x', seeds: [''], read: () => wait(120) }
  await expect(checkInput(slow, Buffer.alloc(0))).rejects.toThrow('0 bytes took')
  const endless = { name: 'x', seeds: [''], read: () => new Promise(() => {}) }
  await expect(checkInput(endless, Buffer.alloc(0))).rejects.toThrow('waits without end')
})

/** Uses the given CPU time, regardless of the load of the machine. */
function wait(milliseconds: number): void {
  const before = process.cpuUsage()
  for (
    let used = process.cpuUsage(before);
    used.user + used.system < milliseconds * 1000;
    used = process.cpuUsage(before)
  );
}
