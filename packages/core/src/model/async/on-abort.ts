import { setMaxListeners } from 'node:events'

/**
 * Calls a listener once the signal fires.
 *
 * @returns a function that removes the listener.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  // All concurrent work of a run listens to one signal, and Node.js reports more than ten listeners as a leak.
  setMaxListeners(0, signal)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
