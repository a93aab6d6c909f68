import type { Dockerfile } from '../dockerfile.js'

/** The reader drops one; a second is text. */
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * The text of a Dockerfile as far as it decides the result: without comments, empty lines and carriage returns outside
 * heredocs. Directives stay. Text that cannot be read with certainty stays as it is.
 */
export function normalizedText({ text, essence, isForeign, issue }: Dockerfile): string {
  const isCertain = essence !== undefined && !isForeign && issue === undefined && !essence.startsWith(BYTE_ORDER_MARK)
  return isCertain ? essence : text
}
