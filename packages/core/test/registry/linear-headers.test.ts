import { expect, test } from 'vitest'
import { parseByteRange } from '../../src/registry/blobs/content-range.js'
import { parseChallenges } from '../../src/registry/http/challenge.js'
import { HeaderCursor } from '../../src/registry/http/header-cursor.js'
import { nextLink } from '../../src/registry/http/link-header.js'
import { parseRetryAfter } from '../../src/registry/http/retry-after.js'

const PIECES = [
  ' ',
  ',',
  ', ',
  '<',
  '<,',
  '<a>;',
  '</a>; a="',
  ';a=',
  'a',
  'a ',
  'a=',
  'a="',
  '=',
  '"',
  '\\"',
  '\\',
  '\t;',
  '/',
]

const PARSERS: readonly (readonly [string, (text: string, cursor: HeaderCursor) => unknown])[] = [
  ['Link', nextLink],
  ['WWW-Authenticate', parseChallenges],
]

/** How often a parser looks at a character of a text. */
function stepsOf(parse: (text: string, cursor: HeaderCursor) => unknown, text: string): number {
  const cursor = new HeaderCursor(text)
  parse(text, cursor)
  return cursor.steps
}

test.each(PARSERS)('%s is read in steps in proportion to its length', (_, parse) => {
  for (const first of PIECES) {
    for (const second of PIECES) {
      for (const end of ['', 'x', '"', '>', '=']) {
        const text = (first + second).repeat(500) + end
        expect(stepsOf(parse, text), JSON.stringify(text.slice(0, 20))).toBeLessThan(8 * text.length + 20)
      }
    }
  }
})

test('a cursor counts every character that it looks at', () => {
  const cursor = new HeaderCursor('ab="c\\"d"')
  expect(cursor.takeToken()).toBe('ab')
  expect(cursor.steps).toBe(3)
  cursor.take('=')
  cursor.take('"')
  expect(cursor.takeQuoted()).toBe('c"d')
  expect(cursor.isAtEnd).toBe(true)
  expect(cursor.steps).toBeGreaterThanOrEqual(9)
})

// What these read is short: all else is refused by its length.
test.each([
  ['Content-Range', (text: string) => parseByteRange(text), `bytes ${' '.repeat(100)}0-1`],
  [
    'Retry-After',
    (text: string) => parseRetryAfter(text, 0),
    `Wed, 01 Jan 2025 00:00:00 GMT${' '.repeat(100)}(${'x'.repeat(100)})`,
  ],
  ['Retry-After', (text: string) => parseRetryAfter(text, 0), '1'.repeat(100)],
])('%s of more characters than any valid one is rejected', (_, parse, text) => {
  expect(parse(text)).toBeUndefined()
})
