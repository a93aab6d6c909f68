import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { withHeartbeat } from '../../src/builder/build/heartbeat.js'

const SHORT = { interval: 5, patience: 20 }
const never = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a builder that answers is waited for, also if it rejects the request', async () => {
  let beats = 0
  const beat = async () => {
    beats += 1
    throw new Error('refused')
  }
  expect(await withHeartbeat({ signal: undefined, beat, ...SHORT }, () => sleep(100, 'done'))).toBe('done')
  expect(beats).toBeGreaterThan(1)
})

test('an operation on a builder that stops answering ends, and reports it', async () => {
  const running = withHeartbeat({ signal: undefined, beat: never, ...SHORT }, never)
  await expect(running).rejects.toMatchObject({ code: 'ETIMEDOUT', message: expect.stringContaining('no answer') })
})

test('an aborted operation is waited for while it removes what it left', async () => {
  const controller = new AbortController()
  let isRemoved = false
  const operation = async (signal: AbortSignal) => {
    await never(signal).catch(() => {})
    await sleep(50)
    isRemoved = true
    throw signal.reason
  }
  const running = withHeartbeat({ signal: controller.signal, beat: async () => {}, ...SHORT }, operation)
  controller.abort(new Error('stop'))
  await expect(running).rejects.toThrow('stop')
  expect(isRemoved).toBe(true)
})
