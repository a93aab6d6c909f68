import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextLink } from '../../src/registry/http/link-header.js'

describe('nextLink', () => {
  test.each([
    ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
    ['</v2/a/tags/list?last=b>;rel=next', '/v2/a/tags/list?last=b'],
    ['</first>; rel="first", </second>; rel="next"', '/second'],
    ['</x>; title="a, b; rel=next"; rel="last"', undefined],
    ['</x>; rel="prev next"', '/x'],
    ['</x>; rel="nextish"', undefined],
    ['', undefined],
    ['rel="next"', undefined],
  ])('parses %j as %j', (header, target) => {
    expect(nextLink(header)).toBe(target)
  })

  test('does not throw for any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => ['string', 'undefined'].includes(typeof nextLink(text))),
    )
  })
})
