import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mapLimited } from '../../src/model/async/map-limited.js'

test('results are in the order of the items, with a bounded number of calls at a time', async () => {
  let running = 0
  let most = 0
  const items = Array.from({ length: 1000 }, (_, at) => at)
  const results = await mapLimited(items, async (item, index) => {
    running += 1
    most = Math.max(most, running)
    await turn()
    running -= 1
    return item + index
  })
  expect(results).toEqual(items.map((item) => 2 * item))
  expect(most).toBe(256)
})

test('after a failure no more calls start, and those in progress end before it is thrown', async () => {
  let started = 0
  let ended = 0
  const work = mapLimited(
    Array.from({ length: 1000 }, (_, at) => at),
    async (item) => {
      started += 1
      if (item === 3) throw new Error('the third')
      await turn()
      ended += 1
    },
  )
  await expect(work).rejects.toThrow('the third')
  expect(started).toBe(256)
  expect(ended).toBe(255)
})

test('nothing is called without items', async () => {
  expect(await mapLimited([], () => Promise.reject(new Error('called')))).toEqual([])
})
