/**
 * Calls in progress at a time. Far more than the requests that one registry gets; few enough that what a call allocates is
 * freed before the last one starts.
 */
const MAX_IN_PROGRESS = 256

/**
 * Maps items with a bounded number of calls at a time, started in the order of the items. After a failure no more start;
 * the first one is thrown when those in progress have ended.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  map: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length)
  const entries = items.entries()
  let failure: { readonly error: unknown } | undefined
  const work = async () => {
    for (const [index, item] of entries) {
      if (failure !== undefined) return
      try {
        results[index] = await map(item, index)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(items.length, MAX_IN_PROGRESS) }, work))
  if (failure !== undefined) throw failure.error
  return results
}
