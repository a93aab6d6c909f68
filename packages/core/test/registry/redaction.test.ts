import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quoteServer, redactUrl } from '../../src/registry/http/redaction.js'

describe('redaction', () => {
  test('removes user, password, query and fragment from a URL', () => {
    const url = new URL('https://user:hunter2@storage.example.com/blob?X-Signature=s3cret#part')
    expect(redactUrl(url)).toBe('https://storage.example.com/blob')
  })

  test.each([
    ['denied for Bearer eyJhbGciOi.J9.x_y-z', 'denied for Bearer [redacted]'],
    ['authorization: basic dXNlcjpodW50ZXIy', 'authorization: basic [redacted]'],
    ['see https://user:hunter2@example.com/x', 'see https://example.com/x'],
    ['https://example.com/x?sig=s3cret&a=b', 'https://example.com/x?sig=[redacted]&a=[redacted]'],
    ['two\nlines\u001b[31m', 'two lines [31m'],
  ])('quotes %j as %j', (text, quoted) => {
    expect(quoteServer(text)).toBe(quoted)
  })

  test.each(['?', '&', '?a', '://', '://a', 'Bearer ', '@', ' '])(
    'truncates 500,000 repetitions of %j without slow backtracking',
    (part) => {
      expect(quoteServer(part.repeat(500_000)).length).toBeLessThanOrEqual(301)
    },
  )

  test('quotes any text as one line of limited length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000, unit: 'binary' }), (text) => {
        const quoted = quoteServer(text)
        expect(quoted.length).toBeLessThanOrEqual(301)
        expect(quoted).not.toMatch(/\p{Cc}/u)
      }),
    )
  })
})
