import { describe, expect, it, test } from 'vitest'
import { describeCode, isCodeFor, needsWholeFile, readMachineCode } from '../../src/machine-code/code.js'
import { findSection32, readElfHeader } from '../../src/machine-code/elf.js'
import { formatPlatform, parsePlatform } from '../../src/model/platform.js'
import { armAttributes, elfFile } from './elf-file.js'

const ARM = 40

function codeOf(file: Uint8Array) {
  const code = readMachineCode(file)
  if (code === undefined) throw new Error('no machine code')
  return code
}

function fits(file: Uint8Array, platform: string): boolean | undefined {
  const parsed = parsePlatform(platform)
  if (parsed === undefined) throw new Error(`${platform} is no platform`)
  expect(formatPlatform(parsed)).toBe(platform)
  return isCodeFor(codeOf(file), parsed)
}

test.each([
  ['386', 3, 32, false],
  ['mips', 8, 32, true],
  ['mipsle', 8, 32, false],
  ['mips64', 8, 64, true],
  ['mips64le', 8, 64, false],
  ['ppc64', 21, 64, true],
  ['ppc64le', 21, 64, false],
  ['s390x', 22, 64, true],
  ['arm', ARM, 32, false],
  ['amd64', 62, 64, false],
  ['arm64', 183, 64, false],
  ['riscv64', 243, 64, false],
  ['loong64', 258, 64, false],
] as const)('%s is reported by machine, width and byte order', (architecture, machine, bits, bigEndian) => {
  const file = elfFile({ machine, bits, bigEndian })
  expect(codeOf(file)).toStrictEqual(architecture === 'arm' ? { architecture, arm: {} } : { architecture })
  expect(isCodeFor(codeOf(file), { os: 'linux', architecture })).toBe(architecture === 'arm' ? undefined : true)
  expect(needsWholeFile(file)).toBe(architecture === 'arm')
})

it('names a machine that no platform is for', () => {
  expect(describeCode(codeOf(elfFile({ machine: 94 })))).toBe('machine 94, 32 bits, little endian')
  expect(fits(elfFile({ machine: 94 }), 'linux/amd64')).toBe(false)
})

test.each([
  ['a script', Buffer.from('#!/bin/sh\n')],
  ['nothing', Buffer.alloc(0)],
  ['the start of a header', elfFile({ machine: 62, bits: 64 }).subarray(0, 30)],
  ['the start of a header that is long enough for 32 bits', elfFile({ machine: 62, bits: 64 }).subarray(0, 63)],
  ['the start of a header of 32 bits', elfFile({ machine: 3 }).subarray(0, 51)],
  ['a header of neither width', Buffer.concat([Buffer.from('\x7fELF\x00\x01'), Buffer.alloc(100)])],
  ['a header of neither byte order', Buffer.concat([Buffer.from('\x7fELF\x01\x00'), Buffer.alloc(100)])],
  ['a file that begins otherwise', Buffer.concat([Buffer.from('\x7fELG\x01\x01'), Buffer.alloc(100)])],
])('%s has no machine code', (_what, file) => {
  expect(readMachineCode(file)).toBeUndefined()
  expect(needsWholeFile(file)).toBe(false)
})

describe('an ELF header', () => {
  it('has its flags and sections at other places for 32 and for 64 bits', () => {
    const narrow = elfFile({ machine: ARM, flags: 7 })
    narrow.writeUInt32LE(1000, 32)
    narrow.writeUInt16LE(40, 46)
    narrow.writeUInt16LE(3, 48)
    const rest = { byteOrder: 'little', flags: 7 }
    expect(readElfHeader(narrow)).toEqual({
      ...{ ...rest, bits: 32, machine: ARM },
      sections: { offset: 1000, entrySize: 40, count: 3 },
    })
    const wide = elfFile({ machine: 62, bits: 64, flags: 7 })
    wide.writeBigUInt64LE(1000n, 40)
    wide.writeUInt16LE(64, 58)
    wide.writeUInt16LE(3, 60)
    expect(readElfHeader(wide)).toEqual({
      ...{ ...rest, bits: 64, machine: 62 },
      sections: { offset: 1000, entrySize: 64, count: 3 },
    })
  })
})

describe('a section of a type', () => {
  /** Two entries of a section table, and after them four bytes that the second is about. */
  const file = Buffer.alloc(84)
  file.writeUInt32LE(1, 4)
  file.writeUInt32LE(7, 44)
  file.writeUInt32LE(80, 56)
  file.writeUInt32LE(4, 60)
  file.set([1, 2, 3, 4], 80)
  const table = { offset: 0, entrySize: 40, count: 2 }

  it('is found by the section table', () => {
    expect(findSection32(file, table, 7)).toEqual(Buffer.from([1, 2, 3, 4]))
    expect(findSection32(file.subarray(0, 83), table, 7)).toBeUndefined()
    expect(findSection32(file, table, 8)).toBeUndefined()
  })

  it('is not searched after the last entry, or in a table that is no such', () => {
    expect(findSection32(file, { ...table, count: 1 }, 7)).toBeUndefined()
    expect(findSection32(file, { ...table, offset: 40, count: 0 }, 7)).toBeUndefined()
    expect(findSection32(file, { ...table, offset: 40, entrySize: 39 }, 7)).toBeUndefined()
    expect(findSection32(file, { ...table, offset: 70, count: 9 }, 8)).toBeUndefined()
    expect(findSection32(file.subarray(0, 60), { ...table, count: 9 }, 7)).toBeUndefined()
  })
})

describe('32-bit ARM', () => {
  const v6 = elfFile({ machine: ARM, attributes: armAttributes(6, true) })
  const v7 = elfFile({ machine: ARM, attributes: armAttributes(10, true), padding: 300 })
  const armel = elfFile({ machine: ARM, attributes: armAttributes(4, false) })
  const untold = elfFile({ machine: ARM, flags: 0x400 })

  test.each([
    ['v6 under v6', v6, 'linux/arm/v6', true],
    ['v6 under v7, which runs it', v6, 'linux/arm/v7', true],
    ['v7 under v6', v7, 'linux/arm/v6', false],
    ['v7 under v7', v7, 'linux/arm/v7', true],
    ['v5 under v5', armel, 'linux/arm/v5', true],
    ['v5 under v7', armel, 'linux/arm/v7', true],
    ['hard float under v5', v6, 'linux/arm/v5', false],
    ['v8 in 32 bits under v7', elfFile({ machine: ARM, attributes: armAttributes(14, true) }), 'linux/arm/v7', false],
    ['v7 under arm64', v7, 'linux/arm64', false],
    ['arm64 under v7', elfFile({ machine: 183, bits: 64 }), 'linux/arm/v7', false],
    ['amd64 under v7', elfFile({ machine: 62, bits: 64 }), 'linux/arm/v7', false],
    ['v7 under amd64', v7, 'linux/amd64', false],
    ['code without attributes', untold, 'linux/arm/v7', undefined],
    ['hard float without attributes under v5', untold, 'linux/arm/v5', false],
  ])('%s', (_what, file, platform, expected) => {
    expect(fits(file, platform)).toBe(expected)
  })

  it.each([
    [undefined, true],
    ['v7', true],
    ['xv7', undefined],
    ['v7x', undefined],
    ['v12', true],
    ['v', undefined],
  ])('v7 under the variant %s: %s', (variant, expected) => {
    const declared = { os: 'linux', architecture: 'arm', ...(variant !== undefined && { variant }) }
    expect(isCodeFor(codeOf(v7), declared)).toBe(expected)
  })

  it('is described with its version and its floats', () => {
    expect([v6, v7, armel, untold].map((file) => describeCode(codeOf(file)))).toEqual([
      'arm/v6 with hard float',
      'arm/v7 with hard float',
      'arm/v5 with soft float',
      'arm with hard float',
    ])
  })

  it('is read to its end whatever the attributes hold', () => {
    const good = armAttributes(10, true)
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at] = 0xff
      expect(codeOf(elfFile({ machine: ARM, attributes: bad })).architecture).toBe('arm')
      expect(codeOf(elfFile({ machine: ARM, attributes: good.subarray(0, at) })).architecture).toBe('arm')
    }
  })
})
