/**
 * A token of a pattern: an escaped character, a class, or any one character. An unclosed `[` is a character, and so is
 * each `[` after it; one search finds all of them, because a search from each takes quadratic time.
 */
const TOKENS = /\\(?<escaped>.)|\[(?<not>\^?)(?<range>(?:\\.|[^\]\\])+)\]|\[(?!\])(?<unended>.*)|./gsu
const CHARACTERS = /\\(?<escaped>.)|./gsu
const RANGES = /(?:\\(.)|([^\\]))(?:-(?:\\(.)|([^\\])))?/gsu

type Token = '*' | ((character: string) => boolean)

/** Whether a component of a path is a pattern; a backslash escapes the character after it. */
export function isPattern(component: string): boolean {
  return /[*?[\\]/.test(component)
}

/**
 * Compiles one component of a path, in the syntax of Go's `filepath.Match`, to a test of a name. A name that equals the
 * pattern matches too. The time is proportional to the product of both lengths.
 *
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function componentMatcher(pattern: string): (name: string) => boolean {
  const tokens = Array.from(pattern.matchAll(TOKENS)).flatMap(tokensOf)
  return (name) => name === pattern || matches(tokens, Array.from(name))
}

function tokensOf(match: RegExpMatchArray): readonly Token[] {
  const { escaped, not, range, unended } = match.groups ?? {}
  if (range !== undefined) return [classOf(range, not === '^')]
  if (unended !== undefined)
    return [(character) => character === '[', ...Array.from(unended.matchAll(CHARACTERS)).flatMap(tokensOf)]
  if (escaped !== undefined) return [(character) => character === escaped]
  if (match[0] === '*') return ['*']
  return [match[0] === '?' ? () => true : (character) => character === match[0]]
}

function classOf(text: string, isNegated: boolean): Token {
  const ranges = Array.from(text.matchAll(RANGES), ([, escapedLow, low, escapedHigh, high]) => {
    const first = codeOf(escapedLow ?? low)
    return [first, escapedHigh === undefined && high === undefined ? first : codeOf(escapedHigh ?? high)] as const
  })
  return (character) => {
    const code = codeOf(character)
    return ranges.some(([first, last]) => first <= code && code <= last) !== isNegated
  }
}

function codeOf(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0
}

/** Backtracks to the last star only; a longer match of an earlier star never helps. */
function matches(tokens: readonly Token[], name: readonly string[]): boolean {
  let [token, at, star, resume] = [0, 0, -1, 0]
  while (at < name.length) {
    const test = tokens[token]
    if (test === '*') {
      star = token
      resume = at
      token += 1
    } else if (test?.(name[at] ?? '')) {
      token += 1
      at += 1
    } else if (star >= 0) {
      token = star + 1
      resume += 1
      at = resume
    } else return false
  }
  return tokens.slice(token).every((rest) => rest === '*')
}
