import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRetryAfter } from '../../src/registry/http/retry-after.js'

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0)

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5000],
    ['Thu, 15 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 15 Jan 2026 11:00:00 GMT', 0],
    ['1.5', undefined],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('parses "%s" to the delay %s', (header, delay) => {
    expect(parseRetryAfter(header, NOW)).toBe(delay)
  })

  test('parses every HTTP date', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => {
        expect(parseRetryAfter(new Date(NOW + seconds * 1000).toUTCString(), NOW)).toBe(seconds * 1000)
      }),
    )
  })

  test('never returns a negative delay', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseRetryAfter(text, NOW) ?? 0).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
