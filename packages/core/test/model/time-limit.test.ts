import { expect, test } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { timeLimit } from '../../src/model/async/time-limit.js'

test('aborts with the reason of another signal', () => {
  const other = new AbortController()
  const limit = timeLimit(60_000, other.signal)
  expect(limit.aborted).toBe(false)
  other.abort('enough')
  expect(limit.reason).toBe('enough')
})

test('aborts after its time if garbage is collected meanwhile and only AbortSignal.any refers to it', async () => {
  const script = `
    const { timeLimit } = await import(${JSON.stringify(new URL('../../src/model/async/time-limit.ts', import.meta.url).href)})
    const other = new AbortController()
    const limit = AbortSignal.any([other.signal, timeLimit(300, other.signal)])
    const collecting = setInterval(() => gc(), 20)
    limit.addEventListener('abort', () => {
      clearInterval(collecting)
      console.log(limit.reason.name)
    })
  `
  const args = ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', script]
  const { stdout } = await runProgram(process.execPath, args, { timeout: 60_000 })
  expect(stdout).toBe('TimeoutError\n')
})
