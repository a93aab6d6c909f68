import { describe, expect, test } from 'vitest'
import type { ImageConfig } from '../../src/model/oci.js'
import { parsePlatform } from '../../src/model/platform.js'
import { decidePlatform, isBareArm } from '../../src/operations/images/declared-platform.js'

const where = 'ghcr.io/team/app:1'
const BARE = `${where}: arm without a variant is normalized to arm/v7`

function decide(written: string | undefined, config: ImageConfig | undefined, trustDeclared = false) {
  const platform = written === undefined ? undefined : parsePlatform(written)
  return decidePlatform({ where, declared: { platform, isBareArm: isBareArm(written) }, config, trustDeclared })
}

const arm = (variant?: string): ImageConfig => ({ os: 'linux', architecture: 'arm', ...(variant && { variant }) })
const armv = (variant: string) => ({ os: 'linux', architecture: 'arm', variant })

describe('decidePlatform', () => {
  test.each([
    ['nothing is declared', undefined, arm('v6'), 'v6', []],
    ['neither names a variant', undefined, arm(), 'v7', [BARE]],
    ['arm is declared, the config states v7', 'arm', arm('v7'), 'v7', [BARE]],
    ['linux/arm is declared, the config names no variant', 'linux/arm', arm(), 'v7', [BARE]],
    ['v7 is declared, the config names no variant', 'linux/arm/v7', arm(), 'v7', []],
    [
      'v6 is declared, the config names no variant',
      'linux/arm/v6',
      arm(),
      'v6',
      [`${where}: its config states linux/arm without a variant; linux/arm/v6 is used`],
    ],
    ['the image has no config that speaks of platforms', 'linux/arm/v6', undefined, 'v6', []],
    ['the config names none', 'linux/arm/v6', {}, 'v6', []],
  ])('%s', (_case, written, config, variant, notes) => {
    expect(decide(written, config)).toEqual({ platform: armv(variant), notes })
  })

  test.each([
    ['linux/arm/v7', arm('v6'), 'linux/arm/v6'],
    ['arm', arm('v6'), 'linux/arm/v6'],
    ['linux/arm/v6', { os: 'linux', architecture: 'amd64' }, 'linux/amd64'],
    ['linux/amd64', arm(), 'linux/arm/v7'],
    ['linux/amd64/v3', { os: 'linux', architecture: 'amd64' }, 'linux/amd64'],
    ['windows/amd64', { os: 'linux', architecture: 'amd64' }, 'linux/amd64'],
  ])('%s is rejected if the config states otherwise, and trusted on request', (written, config, stated) => {
    expect(() => decide(written, config)).toThrow(expect.objectContaining({ code: 'PLATFORM_MISMATCH' }))
    expect(() => decide(written, config)).toThrow(`its config states ${stated}`)
    const { platform, notes } = decide(written, config, true)
    expect(platform).toEqual(parsePlatform(written))
    expect(notes.at(-1)).toMatch(/its config states .*; the declared .* is used$/)
  })

  test('words that mean the same do not contradict', () => {
    expect(decide('aarch64', { os: 'linux', architecture: 'arm64', variant: 'v8' }).notes).toEqual([])
    expect(decide('linux/amd64', { os: 'Linux', architecture: 'x86_64' }).notes).toEqual([])
  })

  test('the os version comes from the config, unless it is declared', () => {
    const config = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1', 'os.features': ['win32k'] }
    expect(decide('windows/amd64', config).platform).toEqual(config)
    expect(decide(undefined, config).platform).toEqual(config)
    const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' }
    const declared = { platform, isBareArm: false }
    expect(decidePlatform({ where, declared, config, trustDeclared: false }).platform).toMatchObject(platform)
  })

  test('an image of which no platform is known is rejected', () => {
    expect(() => decide(undefined, {})).toThrow(expect.objectContaining({ code: 'PLATFORM_MISSING' }))
  })
})

test.each([
  ['arm', true],
  [' linux/ARM ', true],
  [{ os: 'linux', architecture: 'arm' }, true],
  [{ os: 'linux', architecture: 'arm', variant: '' }, true],
  ['linux/arm/v7', false],
  ['armhf', false],
  ['arm64', false],
  [{ os: 'linux', architecture: 'arm', variant: 'v6' }, false],
  [undefined, false],
])('isBareArm(%j) is %s', (written, expected) => {
  expect(isBareArm(written)).toBe(expected)
})
