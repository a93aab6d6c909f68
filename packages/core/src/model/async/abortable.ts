import { CancelledError, throwIfCancelled } from '../errors.js'
import { onAbort } from './on-abort.js'

/** Waits for work that others share: the signal ends the wait, not the work. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  // Nothing handles this rejection once the wait has ended.
  work.catch(() => {})
  throwIfCancelled(signal)
  let leave = () => {}
  const cancelled = new Promise<never>((_, reject) => {
    leave = onAbort(signal, () => reject(new CancelledError(signal.reason)))
  })
  try {
    return await Promise.race([work, cancelled])
  } finally {
    leave()
  }
}
