import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/operations/duration.js'

describe('a duration of a flag', () => {
  it.each([
    ['0', 0],
    ['45s', 45_000],
    ['36h', 129_600_000],
    ['7d', 604_800_000],
    ['1h30m', 5_400_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text, '--older-than')).toBe(ms)
  })

  it.each(['', '5', '-1h', '1.5h', '1 h', '1w', 'h'])("refuses '%s'", (text) => {
    expect(() => parseDuration(text, '--older-than')).toThrow(/^--older-than: duration '.*' is not valid/)
  })
})
