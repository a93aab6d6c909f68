import { describe, expect, it, test } from 'vitest'
import { describeCode, isCodeFor, readMachineCode } from '../../src/machine-code/code.js'
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
  ['mips64le', 8, 64, false],
  ['ppc64', 21, 64, true],
  ['ppc64le', 21, 64, false],
  ['s390x', 22, 64, true],
  ['arm', ARM, 32, false],
  ['amd64', 62, 64, false],
  ['arm64', 183, 64, false],
  ['riscv64', 243, 64, false],
  ['loong64', 258, 64, false],
] as const)('%s is told by machine, width and byte order', (architecture, machine, bits, bigEndian) => {
  expect(codeOf(elfFile({ machine, bits, bigEndian })).architecture).toBe(architecture)
})

it('names a machine that no platform is for', () => {
  expect(describeCode(codeOf(elfFile({ machine: 94 })))).toBe('machine 94, 32 bits, little endian')
  expect(fits(elfFile({ machine: 94 }), 'linux/amd64')).toBe(false)
})

test.each([
  ['a script', Buffer.from('#!/bin/sh\n')],
  ['nothing', Buffer.alloc(0)],
  ['the start of a header', elfFile({ machine: 62, bits: 64 }).subarray(0, 30)],
  ['a header of neither width', Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(100)])],
])('%s has no machine code', (_what, file) => {
  expect(readMachineCode(file)).toBeUndefined()
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
