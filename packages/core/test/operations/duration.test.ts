import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/operations/duration.js'

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['45s', 45_000],
    ['36h', 129_600_000],
    ['7d', 604_800_000],
    ['1h30m', 5_400_000],
  ])('parses %s as %d ms', (text, ms) => {
    expect(parseDuration(text, '--older-than')).toBe(ms)
  })

  it.each(['', '5', '-1h', '1.5h', '1 h', '1w', 'h'])("rejects '%s'", (text) => {
    expect(() => parseDuration(text, '--older-than')).toThrow(/^--older-than: duration '.*' is not valid/)
  })
})
