/** Closes all of these, one after the other. @throws the first error, once all have been tried. */
export async function closeAll(parts: Iterable<AsyncDisposable>): Promise<void> {
  const failures: unknown[] = []
  for (const part of parts) {
    try {
      await part[Symbol.asyncDispose]()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
