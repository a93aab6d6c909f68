import { expect, test } from 'vitest'
import { closeAll } from '../../src/model/async/close-all.js'

test('all are closed, in their order, and the first error is reported', async () => {
  const closed: string[] = []
  const part = (name: string, error?: Error) => ({
    [Symbol.asyncDispose]: async () => {
      closed.push(name)
      if (error !== undefined) throw error
    },
  })
  const parts = [part('one'), part('two', new Error('first')), part('three', new Error('second')), part('four')]
  await expect(closeAll(parts)).rejects.toThrow('first')
  expect(closed).toEqual(['one', 'two', 'three', 'four'])
  await expect(closeAll([part('five')])).resolves.toBeUndefined()
})
