import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseContentRange, parseRange } from '../../src/registry-server/http/byte-range.js'

const size = fc.nat({ max: 1_000_000 })
const position = fc.nat({ max: 2_000_000 })

describe('parseRange', () => {
  test('returns a range within the content for any request', () => {
    const header = fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,20}-\d{0,20}$/))
    fc.assert(
      fc.property(header, size, (text, total) => {
        const range = parseRange(text, total)
        if (range === undefined || range === 'unsatisfiable') return
        expect(range.first).toBeGreaterThanOrEqual(0)
        expect(range.first).toBeLessThanOrEqual(range.last)
        expect(range.last).toBeLessThan(total)
      }),
    )
  })

  test('returns the same bytes as `subarray`', () => {
    fc.assert(
      fc.property(position, position, size, (a, b, total) => {
        const [first, last] = a < b ? [a, b] : [b, a]
        const expected = first < total ? { first, last: Math.min(last, total - 1) } : 'unsatisfiable'
        expect(parseRange(`bytes=${first}-${last}`, total)).toEqual(expected)
      }),
    )
  })

  test('reads ranges without an end, and suffixes', () => {
    fc.assert(
      fc.property(position, fc.integer({ min: 1, max: 1_000_000 }), (n, total) => {
        const rest = n < total ? { first: n, last: total - 1 } : 'unsatisfiable'
        expect(parseRange(`bytes=${n}-`, total)).toEqual(rest)
        const suffix = n > 0 ? { first: Math.max(0, total - n), last: total - 1 } : 'unsatisfiable'
        expect(parseRange(`bytes=-${n}`, total)).toEqual(suffix)
      }),
    )
  })

  test.each([
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,3-4',
    'lines=0-1',
    'bytes=a-b',
    'bytes=0x1-2',
  ])('%s returns the whole content', (header) => {
    expect(parseRange(header, 100)).toBeUndefined()
  })

  test('empty content has no range', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable')
    expect(parseRange('bytes=-1', 0)).toBe('unsatisfiable')
  })
})

describe('parseContentRange', () => {
  test('parses the ranges of clients, with and without a unit', () => {
    fc.assert(
      fc.property(position, size, (first, length) => {
        const last = first + length
        for (const text of [`${first}-${last}`, `bytes ${first}-${last}/*`, `bytes ${first}-${last}/${last + 1}`]) {
          expect(parseContentRange(text)).toEqual({ first, last })
        }
      }),
    )
  })

  test.each(['', '-', '5-2', '1-', '-1', 'a-b', '1-2-3', '0-1,3-4'])("'%s' has no such shape", (text) => {
    expect(parseContentRange(text)).toBeUndefined()
  })
})
