import { HeaderCursor, isSpace, isTokenCharacter } from './header-cursor.js'

/** An authentication scheme that a server offers. */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

interface OpenChallenge extends Challenge {
  readonly parameters: Map<string, string>
}

/**
 * Parses a `WWW-Authenticate` header, which may offer several schemes.
 * Parsing stops without an error at the first invalid part. If nothing valid precedes it, the server counts as one that
 * requires no supported login.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(header: string, cursor = new HeaderCursor(header)): readonly Challenge[] {
  const challenges: OpenChallenge[] = []
  for (cursor.skipSeparators(); !cursor.isAtEnd; cursor.skipSeparators()) {
    if (!takeElement(cursor, challenges)) break
  }
  return challenges
}

/**
 * Takes a parameter, or a scheme with its first parameter or with a token such as `YII=`.
 *
 * @returns false if it is neither.
 */
function takeElement(cursor: HeaderCursor, challenges: OpenChallenge[]): boolean {
  for (let followsScheme = false; ; followsScheme = true) {
    const word = cursor.takeWhile((character) => isTokenCharacter(character) || character === '/')
    const hasBlanks = cursor.skipBlanks()
    const current = challenges.at(-1)
    if (current && cursor.take('=')) {
      return (followsScheme && takePadding(cursor)) || takeValue(cursor, current, word)
    }
    const isLast = cursor.isAtElementEnd
    if (followsScheme && isLast) return true
    if (word === '' || word.includes('/') || !(hasBlanks || isLast)) return false
    challenges.push({ scheme: word.toLowerCase(), parameters: new Map() })
    if (isLast) return true
  }
}

/** Consumes the padding of a token after its first `=`. @returns false if a value follows. */
function takePadding(cursor: HeaderCursor): boolean {
  cursor.takeWhile((character) => character === '=')
  cursor.skipBlanks()
  return cursor.isAtElementEnd
}

function takeValue(cursor: HeaderCursor, { parameters }: OpenChallenge, name: string): boolean {
  cursor.skipBlanks()
  const value = cursor.take('"')
    ? cursor.takeQuoted()
    : cursor.takeWhile((character) => !isSpace(character) && character !== ',' && character !== '"') || undefined
  if (name === '' || value === undefined) return false
  parameters.set(name.toLowerCase(), value)
  return true
}
