import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../model/async/on-abort.js'
import { timeLimit } from '../../model/async/time-limit.js'

/** Milliseconds between two heartbeats. */
const INTERVAL = 10_000

/** Milliseconds that a builder may take to answer a heartbeat. */
const PATIENCE = 30_000

/** Milliseconds that an aborted operation may take to clean up. */
const GRACE = 4000

/** Options of {@link withHeartbeat}. */
export interface Heartbeat {
  readonly signal: AbortSignal | undefined
  /** Sends a small request; any response is sufficient. */
  readonly beat: (signal: AbortSignal) => Promise<unknown>
  /** In milliseconds. */
  readonly interval?: number
  readonly patience?: number
}

/**
 * Runs an operation, and aborts it if the builder stops answering: a frozen process or a lost machine keeps its
 * connections open. An aborted operation has four seconds to clean up.
 *
 * @throws Error with the code ETIMEDOUT if the builder has not answered in time
 */
export async function withHeartbeat<T>(
  { signal, beat, interval = INTERVAL, patience = PATIENCE }: Heartbeat,
  operation: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const silent = new AbortController()
  const own = AbortSignal.any([silent.signal, ...(signal ? [signal] : [])])
  let grace: NodeJS.Timeout | undefined
  const aborted = new Promise<never>((_, reject) => {
    const forget = onAbort(own, () => {
      grace = setTimeout(() => reject(own.reason), GRACE)
    })
    over.signal.addEventListener('abort', forget, { once: true })
  })
  const watching = watch()
  try {
    return await Promise.race([operation(own), aborted])
  } finally {
    over.abort()
    clearTimeout(grace)
    await watching
  }

  async function watch(): Promise<void> {
    try {
      for (;;) {
        await sleep(interval, undefined, { signal: over.signal, ref: false })
        const limit = timeLimit(patience, over.signal)
        // A rejection is a response, too. The operation itself reports a broken connection.
        await beat(limit).catch(() => {})
        if (limit.aborted && !over.signal.aborted) return silent.abort(silence(patience))
      }
    } catch {
      // The operation is over.
    }
  }
}

function silence(patience: number): Error {
  return Object.assign(new Error(`no answer within ${patience / 1000} seconds`), { code: 'ETIMEDOUT' })
}
