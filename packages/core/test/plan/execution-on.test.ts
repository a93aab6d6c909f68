import { expect, test } from 'vitest'
import type { Builder } from '../../src/builder/port.js'
import { formatPlatform, type Platform, parsePlatform } from '../../src/model/platform.js'
import { executionOn } from '../../src/plan/execution-on.js'
import { builderPlan } from '../../src/plan/query-builders.js'
import { builderFeatures } from '../builder/builder-features.js'

function platform(text: string): Platform {
  const parsed = parsePlatform(text)
  if (parsed === undefined) throw new Error(`${text} is no platform`)
  return parsed
}

function infoOf(native: string, runnable: readonly string[] | undefined) {
  return {
    address: 'unix:///engine.sock',
    version: '28.5.2',
    apiVersion: '1.51',
    native: platform(native),
    runnable: runnable?.map(platform),
    imageStore: 'containerd' as const,
    features: builderFeatures(),
  }
}

// What BuildKit lists on such machines, with arm/v5 as the adapter adds it.
const ARM32 = ['arm/v7', 'arm/v6', 'arm/v5']
const SERVER = ['amd64', 'amd64/v2', 'amd64/v3', '386']

test.each([
  ['amd64', SERVER, 'amd64', 'native'],
  ['amd64', SERVER, '386', 'native'],
  ['amd64', SERVER, 'amd64/v3', 'native'],
  ['amd64', SERVER, 'amd64/v4', undefined],
  ['amd64', SERVER, 'arm/v7', undefined],
  ['amd64', [...SERVER, ...ARM32], 'arm/v7', 'emulated'],
  // An emulator of arm64 runs no 32-bit programs.
  ['amd64', [...SERVER, 'arm64'], 'arm64', 'emulated'],
  ['amd64', [...SERVER, 'arm64'], 'arm/v7', undefined],
  ['arm64', ['arm64', ...ARM32], 'arm/v7', 'native'],
  ['arm64', ['arm64', ...ARM32], 'arm/v8', 'native'],
  // Nor do the processors of many servers.
  ['arm64', ['arm64'], 'arm/v7', undefined],
  ['arm64', ['arm64', 'amd64', 'amd64/v2'], 'amd64/v2', 'emulated'],
  ['arm64', ['arm64', 'amd64'], '386', undefined],
  ['arm/v7', ARM32, 'arm/v6', 'native'],
  ['arm/v6', ['arm/v7', ...ARM32], 'arm/v7', 'emulated'],
  ['amd64', undefined, '386', 'native'],
  ['amd64', undefined, 's390x', 'emulated'],
])('a builder on %s that lists %j runs %s: %s', (native, runnable, wanted, execution) => {
  expect(executionOn(infoOf(native, runnable), platform(wanted))).toBe(execution)
})

test('a plan reports what a builder emulates, and nothing that it runs natively', () => {
  const queried = { builder: {} as Builder, info: infoOf('amd64', [...SERVER, 'arm64']) }
  expect(builderPlan(queried).emulated?.map(formatPlatform)).toEqual(['linux/arm64'])
})
