import type { Span } from './dockerfile.js'

/** A replacement for a part of a Dockerfile. */
export interface Replacement {
  readonly place: Span
  readonly text: string
}

/** Applies replacements; all other bytes are unchanged. */
export function replaceSpans(text: string, replacements: readonly Replacement[]): string {
  const sorted = replacements.toSorted((a, b) => a.place.start - b.place.start)
  const parts: string[] = []
  let end = 0
  for (const { place, text: put } of sorted) {
    parts.push(text.slice(end, place.start), put)
    end = place.end
  }
  return parts.join('') + text.slice(end)
}
