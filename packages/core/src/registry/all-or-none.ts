import type { RegistryCall } from './port.js'

/**
 * Runs a task for each item at once. The first failure cancels the others and is thrown after they have ended, so no
 * work outlives the call.
 */
export async function allOrNone<T, R>(
  items: readonly T[],
  call: RegistryCall | undefined,
  task: (item: T, call: RegistryCall) => Promise<R>,
): Promise<readonly R[]> {
  const stop = new AbortController()
  const signal = call?.signal ? AbortSignal.any([call.signal, stop.signal]) : stop.signal
  let first: { readonly failure: unknown } | undefined
  const results = await Promise.allSettled(
    items.map(async (item) => {
      try {
        return await task(item, { ...call, signal })
      } catch (failure) {
        first ??= { failure }
        stop.abort()
        throw failure
      }
    }),
  )
  if (first) throw first.failure
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
