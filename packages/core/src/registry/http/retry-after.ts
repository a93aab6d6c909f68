/** Longest accepted header, in characters. */
const MAX_LENGTH = 64

/**
 * Reads a `Retry-After` header, which is seconds or a date.
 *
 * @param now - Milliseconds since the epoch.
 * @returns Milliseconds from now, never negative; undefined if it is neither.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  if (text.length > MAX_LENGTH) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // Date.parse accepts other texts ("1.5" is a day in 2001); all three forms of an HTTP date begin with a weekday.
  if (!/^[A-Z][a-z]{2}/.test(text)) return undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
