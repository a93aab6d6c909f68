/** One rule of a .dockerignore file. */
export interface IgnorePattern {
  /** As it is compared: without the `!`, blanks, and what `.` and `..` make needless. */
  readonly text: string
  /** Whether it brings back what it matches. */
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
  if (text === '') throw new PatternError('there is nothing after the !')
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
  const expression = toExpression(text)
  return (path) => expression.test(path)
}

/** A token: `**` with the slash after it, an escaped character, a class, or any one character. */
const TOKENS = /\*\*\/?|\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|./gsu

function toExpression(text: string): RegExp {
  let source = ''
  let end = 0
  for (const { 0: token, 1: escaped, 2: negation, 3: members, index } of text.matchAll(TOKENS)) {
    end = index + token.length
    if (token.startsWith('**')) source += end === text.length ? '.*' : '(?:.*/)?'
    else if (token === '*') source += '[^/]*'
    else if (token === '?') source += '[^/]'
    else if (escaped !== undefined) source += literal(escaped)
    else if (members !== undefined) source += `[${negation}${classOf(members)}]`
    else if (token === '[' || token === '\\') throw new PatternError(`'${text}' has a ${token} that nothing ends`)
    else source += literal(token)
  }
  return compile(text, source)
}

function compile(text: string, source: string): RegExp {
  try {
    return new RegExp(`^${source}$`, 'su')
  } catch (cause) {
    throw new PatternError(`'${text}' has a range in brackets that goes backwards`, { cause })
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
