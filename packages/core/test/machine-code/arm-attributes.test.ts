import { describe, expect, it } from 'vitest'
import { readArmAttributes } from '../../src/machine-code/arm-attributes.js'

const text = (value: string) => [...Buffer.from(value, 'latin1'), 0]
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return [...bytes]
}

/** A subsection of a vendor, and its parts: a tag, then attributes. Lengths count their own four bytes, and the tag. */
function vendor(name: string, parts: readonly (readonly [tag: number, bytes: readonly number[]])[]) {
  const scoped = parts.flatMap(([tag, bytes]) => [tag, ...uint32(bytes.length + 5), ...bytes])
  const content = [...text(name), ...scoped]
  return [...uint32(content.length + 4), ...content]
}

const section = (...vendors: readonly (readonly number[])[]) => Uint8Array.from([0x41, ...vendors.flat()])
const V7_HARD = [6, 10, 28, 1]

describe('the attributes of ARM code', () => {
  it.each([
    ['pre-v4', 0, 5],
    ['v5TE', 4, 5],
    ['v6', 6, 6],
    ['v6K', 9, 6],
    ['v7', 10, 7],
    ['v8-A', 14, 8],
    ['v9-A', 22, 8],
    ['v6-M, a microcontroller', 11, undefined],
  ])('state the version: %s', (_what, value, version) => {
    const found = readArmAttributes(section(vendor('aeabi', [[1, [6, value]]])))
    expect(found).toEqual(version === undefined ? {} : { version, hardFloat: false })
  })

  it.each([
    [0, false],
    [1, true],
    [2, false],
  ])('state how floating point arguments are passed: %s', (value, hardFloat) => {
    expect(readArmAttributes(section(vendor('aeabi', [[1, [6, 10, 28, value]]])))).toEqual({ version: 7, hardFloat })
  })

  it('are those of the vendor aeabi, wherever its section is', () => {
    const gnu = vendor('gnu', [[1, [6, 6, 28, 0]]])
    const found = { version: 7, hardFloat: true }
    expect(readArmAttributes(section(gnu, vendor('aeabi', [[1, V7_HARD]])))).toEqual(found)
    expect(readArmAttributes(section(vendor('aeabi', [[1, V7_HARD]]), gnu))).toEqual(found)
    expect(readArmAttributes(section(gnu))).toBeUndefined()
  })

  it('are those of the file, not of a section or symbol before it', () => {
    const parts = [[2, [1, 0, 6, 6]] as const, [3, [1, 0, 6, 6]] as const, [1, V7_HARD] as const]
    expect(readArmAttributes(section(vendor('aeabi', parts)))).toEqual({ version: 7, hardFloat: true })
  })

  it.each([
    ['CPU_raw_name', [4, ...text('\u0006\u0006')]],
    ['CPU_name', [5, ...text('\u0006\u0006')]],
    ['compatibility, a number and a text', [32, 6, ...text('\u0006\u0006')]],
    ['an odd tag above 32', [67, ...text('\u0006\u0006')]],
    ['CPU_raw_name of one letter', [4, ...text('x')]],
    ['CPU_name of one letter', [5, ...text('x')]],
    ['compatibility with a text of one letter', [32, 6, ...text('x')]],
    ['an odd tag above 32 with a text of one letter', [67, ...text('x')]],
    ['an odd tag below 32, a number', [31, 6]],
    ['an even tag above 32, a number', [66, 6]],
    ['a tag of two bytes', [0x86, 0x01, 6]],
    ['a number of three bytes', [8, 0x86, 0x80, 0x01]],
  ])('are read on after %s', (_what, bytes) => {
    expect(readArmAttributes(section(vendor('aeabi', [[1, [...bytes, ...V7_HARD]]])))).toEqual({
      version: 7,
      hardFloat: true,
    })
  })

  it('have numbers whose low seven bits come first', () => {
    expect(readArmAttributes(section(vendor('aeabi', [[1, [6, 0x8a, 0x00, 28, 0x81, 0x00]]])))).toEqual({
      version: 7,
      hardFloat: true,
    })
    // A number ends after five bytes, whatever the fifth says.
    const overlong = [6, 0x8a, 0x80, 0x80, 0x80, 0x80, 28, 1]
    expect(readArmAttributes(section(vendor('aeabi', [[1, overlong]])))).toEqual({ version: 7, hardFloat: true })
    // 10 + (1 << 7) is no version that there is.
    expect(readArmAttributes(section(vendor('aeabi', [[1, [6, 0x8a, 0x01]]])))).toEqual({})
  })

  it('are unknown without a version', () => {
    expect(readArmAttributes(section(vendor('aeabi', [[1, [28, 1]]])))).toStrictEqual({})
  })

  it('are unknown in another format', () => {
    const [, ...rest] = section(vendor('aeabi', [[1, V7_HARD]]))
    expect(readArmAttributes(Uint8Array.from([0x42, ...rest]))).toBeUndefined()
    expect(readArmAttributes(new Uint8Array())).toBeUndefined()
  })
})
