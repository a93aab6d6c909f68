/**
 * A signal that fires after a time, or with the first of the others. It replaces AbortSignal.timeout: Node 20 collects
 * that signal and its timer if only AbortSignal.any refers to it, so it never fires.
 *
 * @param time - in milliseconds
 */
export function timeLimit(time: number, ...others: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  const reason = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  // The timer keeps the controller.
  setTimeout(() => controller.abort(reason()), time).unref()
  return AbortSignal.any([controller.signal, ...others])
}
