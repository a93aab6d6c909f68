import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatByteRange, parseByteRange, uploadedBytes } from '../../src/registry/blobs/content-range.js'

const offset = fc.integer({ min: 0, max: 2 ** 45 })

describe('parseByteRange', () => {
  test('reads back what was written, in each of its forms', () => {
    fc.assert(
      fc.property(offset, offset, offset, (first, length, rest) => {
        const range = { first, last: first + length }
        const total = range.last + 1 + rest
        expect(parseByteRange(formatByteRange(range))).toEqual(range)
        expect(parseByteRange(`bytes=${first}-${range.last}`)).toEqual(range)
        expect(parseByteRange(`bytes ${first}-${range.last}/*`)).toEqual(range)
        expect(parseByteRange(`bytes ${first}-${range.last}/${total}`)).toEqual({ ...range, total })
      }),
    )
  })

  test('parses any text without an error, and returns ordered whole numbers', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        const range = parseByteRange(text)
        if (range) expect(range.first).toBeLessThanOrEqual(range.last)
      }),
    )
  })

  test.each([
    undefined,
    '',
    'bytes */100',
    '5-4',
    'bytes 0-100/100',
    '-5',
    '0--1',
    'items 0-1/2',
    '0-1e3',
    '0-9999999999999999',
  ])('rejects %s', (text) => {
    expect(parseByteRange(text)).toBeUndefined()
  })
})

describe('uploadedBytes', () => {
  test.each([
    ['0-99', 100],
    ['bytes=0-1', 2],
    ['0-0', undefined],
    ['10-99', undefined],
    ['0--1', undefined],
    [undefined, undefined],
  ])('%s is %s', (range, bytes) => {
    expect(uploadedBytes(range)).toBe(bytes)
  })
})
