import type { Release, SupportLevel } from './distribution-table.js'

/** Kinds of support, each of which begins when the one before ends. */
export const SUPPORT_LEVELS = ['standard', 'long-term', 'extended'] as const satisfies readonly SupportLevel[]

/**
 * Returns the last day on which a release gets corrections with a kind of support. A release that does not have the kind
 * ends with the one before it.
 */
export function endOfSupport({ endOfLife }: Release, level: SupportLevel = 'standard'): string | undefined {
  if (endOfLife === undefined || typeof endOfLife === 'string') return endOfLife
  const dates = SUPPORT_LEVELS.slice(0, SUPPORT_LEVELS.indexOf(level) + 1).map((one) => endOfLife[one])
  return dates.findLast((date) => date !== undefined)
}
