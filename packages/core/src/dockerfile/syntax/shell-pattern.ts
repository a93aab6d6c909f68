import { LIMITS } from '../../model/limits.js'

/** A character, any one character, or any number of them. */
export type PatternToken = string | typeof ANY | typeof STAR

const ANY = Symbol('?')
const STAR = Symbol('*')

/** A match that would take too long, or whose result depends on BuildKit's version. */
export class TooComplexError extends Error {}

/** Longest value for matching: no image name is longer. */
const MAX_VALUE = 255

/** Splits a value into characters. */
export function charactersOf(value: string): readonly string[] {
  if (value.length > MAX_VALUE) throw new TooComplexError(`a pattern for more than ${MAX_VALUE} characters`)
  return [...value]
}

/** Reads a pattern of `${V#…}`, `${V%…}` or `${V/…}`: `*`, `?`, and both escaped. */
export function parsePattern(text: string): readonly PatternToken[] {
  const characters = [...text]
  const tokens: PatternToken[] = []
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ''
    if (character === '\\') {
      const next = characters[++at]
      if (next === undefined || !'*?\\}/'.includes(next)) throw new TooComplexError(`an escape '\\${next ?? ''}'`)
      tokens.push(next)
    } else if (character === '*') tokens.push(STAR)
    else tokens.push(character === '?' ? ANY : character)
  }
  return tokens
}

/** Length of the shortest prefix that matches. */
export function shortestPrefix(tokens: readonly PatternToken[], value: readonly string[]): number | undefined {
  const ends = prefixEnds(tokens, value, { start: 0, steps: 0 })
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** Length of the longest prefix that matches. */
export function longestPrefix(tokens: readonly PatternToken[], value: readonly string[]): number | undefined {
  const ends = prefixEnds(tokens, value, { start: 0, steps: 0 })
  return ends.length === 0 ? undefined : Math.max(...ends)
}

/** Replaces the first match, or all, each the longest that starts there. */
export function replaceMatches(
  tokens: readonly PatternToken[],
  value: readonly string[],
  { replacement, isAll }: { readonly replacement: string; readonly isAll: boolean },
): string {
  if (tokens.length === 0 || (isAll && replacement.includes('$'))) throw new TooComplexError('an unusual replacement')
  const search = { start: 0, steps: 0 }
  let result = ''
  for (let at = 0; at < value.length; ) {
    search.start = at
    const end = Math.max(at, ...prefixEnds(tokens, value, search))
    if (end === at) {
      result += value[at++]
      continue
    }
    at = end
    result += replacement
    if (!isAll) return result + value.slice(at).join('')
  }
  return result
}

/** Returns the positions at which matches from a position end, in a bounded number of steps. */
function prefixEnds(
  tokens: readonly PatternToken[],
  value: readonly string[],
  search: { readonly start: number; steps: number },
): readonly number[] {
  let ends: readonly number[] = [search.start]
  for (const token of tokens) {
    if (ends.length === 0) break
    const first = ends[0] ?? search.start
    if (token === STAR) ends = Array.from({ length: value.length - first + 1 }, (_, index) => first + index)
    else
      ends = ends.filter((end) => end < value.length && (token === ANY || value[end] === token)).map((end) => end + 1)
    search.steps += ends.length + 1
    if (search.steps > LIMITS.patternSteps) throw new TooComplexError('a pattern that takes too long')
  }
  return ends
}
