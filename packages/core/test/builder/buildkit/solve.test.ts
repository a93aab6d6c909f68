import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ControlClient } from '../../../src/builder/buildkit/control.js'
import { GrpcError } from '../../../src/builder/buildkit/grpc/grpc-error.js'
import { SolveError, solve } from '../../../src/builder/buildkit/solve.js'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const REQUEST = { session: '', frontend: '', frontendAttributes: {} }

type Call = { readonly signal?: AbortSignal | undefined }
const never = ({ signal }: Call) =>
  new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

/** Runs a build on a BuildKit that answers so. @returns how it ends after a number of seconds, and no more time */
async function outcomeAfter(
  seconds: number,
  result: (call: Call) => Promise<object>,
  report: (call: Call) => Promise<void>,
  signal?: AbortSignal,
): Promise<unknown> {
  const control = {
    solve: (_request: object, call: Call) => result(call),
    // biome-ignore lint/correctness/useYield: the report ends, or fails, without a message.
    async *status(_ref: string, call: Call) {
      await report(call)
    },
  }
  const outcome = solve(control as unknown as ControlClient, REQUEST, { signal }).catch((error: unknown) => error)
  await nextTurn()
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  return outcome
}

const done = async () => ({ exported: 'yes' })
const refused = async () => Promise.reject(new GrpcError(2, 'refused'))

test('a build ends with its report', async () => {
  expect(await outcomeAfter(0, done, async () => {})).toEqual({ exported: { exported: 'yes' }, sources: [] })
})

test('a report that does not end within a minute after the result is abandoned, with the result', async () => {
  const error = await outcomeAfter(60, done, never)
  expect(error).toBeInstanceOf(SolveError)
  expect(error).toMatchObject({ message: 'BuildKit did not end the report of the build' })
})

test('the report of a failed build is waited for three seconds', async () => {
  expect(await outcomeAfter(3, refused, never)).toMatchObject({ name: 'SolveError', message: 'refused' })
})

test('a build whose report breaks is abandoned after three seconds', async () => {
  const broken = async () => Promise.reject(new GrpcError(13, 'no message'))
  expect(await outcomeAfter(3, never, broken)).toMatchObject({ name: 'SolveError', message: 'no message' })
})

test('a build that fails after its report has the error of the build', async () => {
  const broken = async () => Promise.reject(new GrpcError(5, 'no such job'))
  expect(await outcomeAfter(0, refused, broken)).toMatchObject({ message: 'refused' })
})

test('a build that is cancelled ends at once', async () => {
  const reason = new Error('enough')
  const stop = new AbortController()
  setTimeout(() => stop.abort(reason), 1000)
  expect(await outcomeAfter(1, never, never, stop.signal)).toBe(reason)
  expect(vi.getTimerCount()).toBe(0)
})
