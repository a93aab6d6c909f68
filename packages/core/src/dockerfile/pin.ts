import type { Span } from './dockerfile.js'

/** A text that takes the place of a piece of a Dockerfile. */
export interface Replacement {
  readonly place: Span
  readonly text: string
}

/** Puts texts in their places; all else stays as it is, byte for byte. */
export function replaceSpans(text: string, replacements: readonly Replacement[]): string {
  const sorted = [...replacements].sort((a, b) => b.place.start - a.place.start)
  return sorted.reduce(
    (whole, { place, text: put }) => whole.slice(0, place.start) + put + whole.slice(place.end),
    text,
  )
}
