import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  comparePlatforms,
  formatPlatform,
  isKnownPlatform,
  normalizePlatform,
  parsePlatform,
  platformsRunBy,
  samePlatform,
  unreadablePlatform,
} from '../../src/model/platform.js'

const normal = (text: string) => {
  const platform = parsePlatform(text)
  return platform && formatPlatform(platform)
}

describe('parsePlatform', () => {
  it.each([
    ['amd64', 'linux/amd64'],
    ['x86_64', 'linux/amd64'],
    ['x86-64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['arm', 'linux/arm/v7'],
    ['linux/arm', 'linux/arm/v7'],
    ['armhf', 'linux/arm/v7'],
    ['armel', 'linux/arm/v6'],
    ['armv7l', 'linux/arm/v7'],
    ['armv6l', 'linux/arm/v6'],
    ['arm/v6', 'linux/arm/v6'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/arm/armv7l', 'linux/arm/v7'],
    ['aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['i386', 'linux/386'],
    ['Linux/ARM64', 'linux/arm64'],
    ['windows/amd64', 'windows/amd64'],
  ])('reads %s as %s', (text, expected) => expect(normal(text)).toBe(expected))

  it.each(['', '/', 'linux/', 'linux/arm/v7/extra', 'a b', 'linux//v7'])('refuses %j', (text) =>
    expect(parsePlatform(text)).toBeUndefined(),
  )

  it('is stable: what it writes it reads as the same', () => {
    const words = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/)
    fc.assert(
      fc.property(words, words, fc.option(words, { nil: undefined }), (os, architecture, variant) => {
        const platform = normalizePlatform({ os, architecture, ...(variant !== undefined && { variant }) })
        expect(normalizePlatform(platform)).toEqual(platform)
      }),
    )
  })
})

describe('isKnownPlatform', () => {
  it.each(['linux/x86_86', 'linux/arm/v99', 'linux/amd64/v9', 'beos/amd64'])('does not know %s', (text) =>
    expect(isKnownPlatform(parsePlatform(text) ?? { os: '', architecture: '' })).toBe(false),
  )
})

describe('comparePlatforms', () => {
  it('puts the oldest variant first, since old engines took the first entry whose architecture matched', () => {
    const texts = ['linux/arm64', 'linux/arm/v7', 'linux/amd64', 'linux/arm/v5', 'linux/arm/v6']
    const sorted = texts.map((text) => parsePlatform(text) ?? { os: '', architecture: '' }).sort(comparePlatforms)
    expect(sorted.map(formatPlatform)).toEqual([
      'linux/amd64',
      'linux/arm/v5',
      'linux/arm/v6',
      'linux/arm/v7',
      'linux/arm64',
    ])
  })
})

describe('containerd spellings', () => {
  it.each([
    ['arm64/v8.0', 'linux/arm64'],
    ['arm64/v9.0', 'linux/arm64/v9'],
    ['linux/i386/v1', 'linux/386'],
    ['armhf/v6', 'linux/arm/v7'],
    ['armel/v7', 'linux/arm/v6'],
    ['arm64/v8.6', 'linux/arm64/v8.6'],
  ])('reads %s as %s', (text, expected) => {
    const platform = parsePlatform(text)
    expect(platform && formatPlatform(platform)).toBe(expected)
    expect(platform && isKnownPlatform(platform)).toBe(true)
  })

  it.each([
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((minor) => `linux/arm64/v8.${minor}`),
    ...[1, 2, 3, 4, 5, 6].map((minor) => `linux/arm64/v9.${minor}`),
  ])('knows %s', (text) => {
    const platform = parsePlatform(text)
    expect(platform && formatPlatform(platform)).toBe(text)
    expect(platform && isKnownPlatform(platform)).toBe(true)
  })

  it.each(['linux/arm64/v8.10', 'linux/arm64/v9.7', 'linux/arm64/v7', 'linux/arm/v4'])('does not know %s', (text) =>
    expect(isKnownPlatform(parsePlatform(text) ?? { os: '', architecture: '' })).toBe(false),
  )

  it('refuses an operating system alone, and says what to write', () => {
    expect(parsePlatform('linux')).toBeUndefined()
    expect(unreadablePlatform('linux')).toEqual({
      message: "'linux' is an operating system; a platform needs an architecture",
      hint: "write 'linux/amd64', or 'amd64' alone",
    })
    expect(unreadablePlatform('a b').message).toBe("'a b' is not a platform")
  })
})

describe('platformsRunBy', () => {
  it('lets newer hosts run older variants, and 64-bit hosts 32-bit images', () => {
    const runs = (text: string) =>
      platformsRunBy(parsePlatform(text) ?? { os: '', architecture: '' }).map(formatPlatform)
    expect(runs('linux/arm/v7')).toEqual(['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'])
    expect(runs('linux/arm64')).toEqual(['linux/arm64', 'linux/arm/v8', 'linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'])
    expect(runs('linux/amd64')).toEqual(['linux/amd64', 'linux/386'])
    expect(runs('linux/amd64/v3')).toEqual(['linux/amd64/v3', 'linux/amd64/v2', 'linux/amd64', 'linux/386'])
    expect(runs('linux/arm64/v9.1')).toContain('linux/arm64/v8.6')
    expect(runs('linux/arm64/v9.1')).not.toContain('linux/arm64/v8.7')
    expect(runs('linux/arm64/v8.2')).toEqual(['linux/arm64/v8.2', 'linux/arm64/v8.1', ...runs('linux/arm64')])
    expect(runs('linux/arm/v4')).toEqual(['linux/arm/v4'])
    const v8 = [5, 4, 3, 2, 1].map((minor) => `linux/arm64/v8.${minor}`)
    expect(runs('linux/arm64/v9')).toEqual(['linux/arm64/v9', ...v8, ...runs('linux/arm64')])
  })
})

describe('samePlatform', () => {
  it('tells os versions and features apart, in any order', () => {
    const windows = { os: 'windows', architecture: 'amd64' }
    expect(samePlatform({ ...windows, 'os.version': '10.0.1' }, { ...windows, 'os.version': '10.0.2' })).toBe(false)
    expect(samePlatform({ ...windows, 'os.features': ['a', 'b'] }, { ...windows, 'os.features': ['b', 'a'] })).toBe(
      true,
    )
  })
})
