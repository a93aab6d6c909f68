import { matchesTokens, type PatternToken } from './token-match.js'

/** One rule of a .dockerignore file. */
export interface IgnorePattern {
  /** As it is compared: without the `!`, blanks, and what `.` and `..` make needless. */
  readonly text: string
  /** Whether it includes again what it matches. */
  readonly isException: boolean
  /** Whether it matches this very path; what lies below is another matter. */
  matches(path: string): boolean
}

/** A rule that is written wrongly; its message says how. */
export class PatternError extends Error {}

/**
 * Reads one line; undefined for blanks and comments. The language is that of Go's `filepath.Match`, with `**` for any
 * number of directories.
 *
 * @throws PatternError
 * @see https://docs.docker.com/build/concepts/context/#syntax
 */
export function readPattern(line: string): IgnorePattern | undefined {
  if (line.startsWith('#')) return undefined
  const whole = line.trim()
  const isException = whole.startsWith('!')
  const text = cleanPath(isException ? whole.slice(1).trim() : whole)
  if (text === '' && !isException) return undefined
  if (text === '') throw new PatternError('no pattern after the !')
  return { text, isException, matches: matcherOf(text) }
}

/** Takes out what a path does not need, as Go's `filepath.Clean` does; it starts at the context, with a slash or without. */
function cleanPath(written: string): string {
  const isAbsolute = written.startsWith('/')
  const parts: string[] = []
  for (const part of written.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!isAbsolute) parts.push(part)
  }
  // The context itself is never left out: a rule for it is one for a file of this name.
  return parts.join('/') || (written === '' ? '' : '.')
}

const HAS_WILDCARD = /[*?[\]\\]/

function matcherOf(text: string): (path: string) => boolean {
  if (!HAS_WILDCARD.test(text)) return (path) => path === text
  // Documented nowhere, and so since `**` exists: with plain text after it, that is how a path has to end, in mid-name too.
  const ending = /^\*\*([^/].*)$/s.exec(text)?.[1]
  if (ending !== undefined && !HAS_WILDCARD.test(ending)) return (path) => path.endsWith(ending)
  const tokens = readTokens(text)
  return (path) => matchesTokens(tokens, path)
}

/** A token as written: `**` with the slash after it, an escaped character, a class, or any one character. */
const TOKENS = /\*\*\/?|\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|./gsu

function readTokens(text: string): readonly PatternToken[] {
  const tokens = Array.from(text.matchAll(TOKENS), (match): PatternToken => {
    const { 0: token, 1: escaped, 2: negation, 3: members, index } = match
    if (token.startsWith('**')) return index + token.length === text.length ? 'rest' : 'directories'
    if (token === '*') return 'name'
    if (token === '?') return (character) => character !== '/'
    if (members !== undefined) return classTest(text, `[${negation}${classOf(members)}]`)
    if (token === '[' || token === '\\') throw new PatternError(`'${text}' has an unterminated ${token}`)
    return (character) => character === (escaped ?? token)
  })
  // The second of two equal wildcards has no effect.
  return tokens.filter((token, index) => typeof token !== 'string' || token !== tokens[index - 1])
}

function classTest(text: string, source: string): (character: string) => boolean {
  try {
    const expression = new RegExp(`^${source}$`, 'su')
    return (character) => expression.test(character)
  } catch (cause) {
    throw new PatternError(`'${text}' has a reversed range in brackets`, { cause })
  }
}

/** The members of a class: ranges stay what they are, everything else is itself. */
function classOf(members: string): string {
  return members.replace(/\\(.)|[^-]/gsu, (token, escaped: string | undefined) => {
    const member = escaped ?? token
    return member === '-' ? '\\-' : literal(member)
  })
}

function literal(character: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character
}
