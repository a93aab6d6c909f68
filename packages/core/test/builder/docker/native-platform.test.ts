import { expect, test } from 'vitest'
import { nativePlatform } from '../../../src/builder/docker/description.js'
import { formatPlatform } from '../../../src/model/platform.js'

test.each([
  ['amd64', 'x86_64', 'linux/amd64'],
  ['arm64', 'aarch64', 'linux/arm64'],
  ['arm', 'armv6l', 'linux/arm/v6'],
  ['arm', 'armv7l', 'linux/arm/v7'],
  // A system of 32 bits on a kernel of 64.
  ['arm', 'aarch64', 'linux/arm/v7'],
  ['386', 'x86_64', 'linux/386'],
  ['riscv64', undefined, 'linux/riscv64'],
])('an engine for %s on %s is %s', (architecture, machine, expected) => {
  expect(formatPlatform(nativePlatform({ os: 'linux', architecture, machine }))).toBe(expected)
})
