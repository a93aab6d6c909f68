import { HeaderCursor, isSpace } from './header-cursor.js'

/**
 * The target of the `next` link, as it was written; undefined if there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function nextLink(header: string, cursor = new HeaderCursor(header)): string | undefined {
  for (cursor.skipSeparators(); !cursor.isAtEnd; cursor.skipSeparators()) {
    const target = takeTarget(cursor)
    let isNext = false
    for (let one = takeParameter(cursor); one; one = takeParameter(cursor)) {
      if (one.name.toLowerCase() === 'rel') isNext ||= one.value.toLowerCase().split(/\s/).includes('next')
    }
    if (target !== undefined && isNext) return target
    cursor.takeWhile((character) => character !== ',')
  }
  return undefined
}

function takeTarget(cursor: HeaderCursor): string | undefined {
  if (!cursor.take('<')) return undefined
  const target = cursor.takeWhile((character) => character !== '<' && character !== '>')
  return cursor.take('>') ? target : undefined
}

function takeParameter(cursor: HeaderCursor): { readonly name: string; readonly value: string } | undefined {
  cursor.skipBlanks()
  if (!cursor.take(';')) return undefined
  cursor.skipBlanks()
  const name = cursor.takeToken()
  cursor.skipBlanks()
  // A parameter need not have a value.
  if (!cursor.take('=')) return name === '' ? undefined : { name, value: '' }
  cursor.skipBlanks()
  const value = cursor.take('"')
    ? cursor.takeQuoted()
    : cursor.takeWhile((character) => !isSpace(character) && !'",;'.includes(character))
  return value === undefined ? undefined : { name, value }
}
