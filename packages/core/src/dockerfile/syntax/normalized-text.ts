import type { Dockerfile } from '../dockerfile.js'

/** The parser drops one mark; a second one is text. */
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * The part of a Dockerfile that determines the result: without comments, empty lines and carriage returns outside
 * heredocs. Directives are kept. Text that cannot be parsed with certainty is unchanged.
 */
export function normalizedText({ text, essence, isForeign, issue }: Dockerfile): string {
  const isCertain = essence !== undefined && !isForeign && issue === undefined && !essence.startsWith(BYTE_ORDER_MARK)
  return isCertain ? essence : text
}
