import { describe, expect, it } from 'vitest'
import { EventHandler } from '../../src/operations/event-handler.js'

const EVENT = { kind: 'run-finished', at: 0, outcome: 'succeeded' } as const
const LATER = { ...EVENT, at: 1 }

describe('a handler of events', () => {
  it('throws what the function throws', () => {
    const handler = new EventHandler({
      onEvent: () => {
        throw new Error('no disk')
      },
    })
    expect(() => handler.handle(EVENT)).toThrowError('no disk')
  })

  it('throws what a promise of it was rejected with at the next event, once', async () => {
    const handled: number[] = []
    const handler = new EventHandler({
      onEvent: async ({ at }) => {
        handled.push(at)
        if (at === 0) throw new Error('no network')
      },
    })
    handler.handle(EVENT)
    await new Promise((resolve) => setImmediate(resolve))
    expect(() => handler.handle(LATER)).toThrowError('no network')
    handler.handle(LATER)
    await handler.settle()
    expect(handled).toEqual([0, 1])
  })

  it('waits for promises, and throws what the last one was rejected with', async () => {
    let ends = false
    const handler = new EventHandler({
      onEvent: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        ends = true
        throw new Error('too late')
      },
    })
    handler.handle(EVENT)
    await expect(handler.settle()).rejects.toThrowError('too late')
    expect(ends).toBe(true)
  })

  it('needs no function', async () => {
    const handler = new EventHandler({})
    handler.handle(EVENT)
    await handler.settle()
  })
})
