import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledError, throwIfCancelled } from '../../model/errors.js'
import type { RetryBounds } from '../options.js'
import type { RegistryCall } from '../port.js'
import { TransientError, unwrapError } from './errors/transient-error.js'

const MAX_DELAY = 15_000
/** Attempts that may time out: each takes so long that six would take minutes. */
const MAX_TIME_OUTS = 2

/**
 * Decides after each error whether to try again, and waits.
 * Retry libraries support neither Retry-After nor resetting the count after a transfer has progressed.
 */
export class Backoff {
  readonly #bounds: Required<RetryBounds>
  readonly #call: RegistryCall | undefined
  #failures = 0
  #timeOuts = 0
  #since: number | undefined

  constructor(bounds: Required<RetryBounds>, call: RegistryCall | undefined) {
    this.#bounds = bounds
    this.#call = call
  }

  /** Records progress: errors are counted from zero again. */
  progressed(): void {
    this.#failures = 0
    this.#timeOuts = 0
    this.#since = undefined
  }

  /** Waits for the next attempt. Throws the given error if it is not transient or a limit is reached. */
  async after(error: unknown): Promise<void> {
    throwIfCancelled(this.#call?.signal)
    if (!(error instanceof TransientError)) throw error
    this.#failures += 1
    if (error.isTimeOut) this.#timeOuts += 1
    this.#since ??= Date.now()
    const delay = Math.max(error.wait ?? 0, this.#jittered())
    const isLast = this.#failures >= this.#bounds.attempts || this.#timeOuts >= MAX_TIME_OUTS
    if (isLast || Date.now() - this.#since + delay > this.#bounds.time) throw unwrapError(error)
    this.#report(error, delay)
    await waitFor(delay, this.#call?.signal)
  }

  #jittered(): number {
    const full = Math.min(MAX_DELAY, this.#bounds.delay * 2 ** (this.#failures - 1))
    return Math.round(full * (0.5 + Math.random() / 2))
  }

  #report(error: TransientError, delay: number): void {
    const { exchange } = error.error
    this.#call?.onEvent?.({
      kind: 'registry-retry',
      method: exchange?.method ?? 'GET',
      url: exchange?.url ?? '',
      attempt: this.#failures + 1,
      delay,
      reason: error.message,
    })
  }
}

/** Repeats a task until it succeeds, its error is not transient, or a limit is reached. */
export async function retrying<T>(
  bounds: Required<RetryBounds>,
  call: RegistryCall | undefined,
  task: (attempt: number) => Promise<T>,
): Promise<T> {
  const backoff = new Backoff(bounds, call)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await task(attempt)
    } catch (error) {
      await backoff.after(error)
    }
  }
}

async function waitFor(delay: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delay, undefined, signal ? { signal } : {})
  } catch (cause) {
    throw new CancelledError(signal?.reason ?? cause)
  }
}
