import { matchesTokens, type PatternToken } from './token-match.js'

/** One rule of a .dockerignore file. */
export interface IgnorePattern {
  /** The normalised pattern: without `!`, blanks, `.` and `..`. */
  readonly text: string
  /** Whether it is an exception, which includes a path again. */
  readonly isException: boolean
  /** Whether it matches this path itself; paths below are tested separately. */
  matches(path: string): boolean
}

/** A rule with a syntax error. */
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

/** Cleans a path as Go's `filepath.Clean` does; a leading slash means the context. */
function cleanPath(written: string): string {
  const isAbsolute = written.startsWith('/')
  const parts: string[] = []
  for (const part of written.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!isAbsolute) parts.push(part)
  }
  // The context itself is never excluded.
  return parts.join('/') || (written === '' ? '' : '.')
}

const HAS_WILDCARD = /[*?[\]\\]/

function matcherOf(text: string): (path: string) => boolean {
  if (!HAS_WILDCARD.test(text)) return (path) => path === text
  // Undocumented, but true since `**` exists: plain text after `**` is a suffix of the path, even within a name.
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

/** The members of a class: ranges are kept, everything else is escaped. */
function classOf(members: string): string {
  return members.replace(/\\(.)|[^-]/gsu, (token, escaped: string | undefined) => {
    const member = escaped ?? token
    return member === '-' ? '\\-' : literal(member)
  })
}

function literal(character: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character
}
