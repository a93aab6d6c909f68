import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ARCHITECTURE_WORDS,
  comparePlatforms,
  formatPlatform,
  isKnownPlatform,
  matchesPlatform,
  normalizePlatform,
  parsePlatform,
  platformIdentity,
  platformsRunBy,
  samePlatform,
  unreadablePlatform,
  variantsOf,
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
    ['x64', 'linux/amd64'],
    ['i486', 'linux/386'],
    ['i586', 'linux/386'],
    ['i686', 'linux/386'],
    ['x86', 'linux/386'],
    ['armv8', 'linux/arm64'],
    ['armv8l', 'linux/arm/v8'],
    ['armv7', 'linux/arm/v7'],
    ['armv6', 'linux/arm/v6'],
    ['armv5tel', 'linux/arm/v5'],
    ['armv5', 'linux/arm/v5'],
    ['mips64el', 'linux/mips64le'],
    ['mipsel', 'linux/mipsle'],
    ['powerpc64le', 'linux/ppc64le'],
    ['ppc64el', 'linux/ppc64le'],
    [' linux/arm/v6 ', 'linux/arm/v6'],
    ['freebsd/arm64/v8', 'freebsd/arm64'],
    ['darwin/arm64', 'darwin/arm64'],
    ['wasi/wasm', 'wasi/wasm'],
    ['linux/amd64/2', 'linux/amd64/v2'],
    ['linux/riscv64/v1', 'linux/riscv64/v1'],
    ['linux/arm/v12x', 'linux/arm/v12x'],
    ['linux/arm64/xv9.0', 'linux/arm64/xv9.0'],
    ['linux/arm64/v9.0x', 'linux/arm64/v9.0x'],
    ['linux/ARM/V6', 'linux/arm/v6'],
    ['ARMHF', 'linux/arm/v7'],
    ['I386/v1', 'linux/386'],
    ['my_os/my.arch-1', 'linux/my_os/my.arch-1'],
  ])('reads %s as %s', (text, expected) => expect(normal(text)).toBe(expected))

  it.each(['', '/', 'linux/', 'linux/arm/v7/extra', 'a b', 'linux//v7', 'linux', 'Windows', 'a!', '!a'])(
    'refuses %j',
    (text) => expect(parsePlatform(text)).toBeUndefined(),
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

  it.each([
    ...['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips', 'mips64', 'mips64le', 'mipsle'],
    ...['ppc64', 'ppc64le', 'riscv64', 's390x', 'wasm'],
    ...['amd64/v2', 'amd64/v3', 'amd64/v4', 'arm/v5', 'arm/v6', 'arm/v8', 'arm64/v9'],
    ...['windows/amd64', 'darwin/arm64', 'freebsd/amd64', 'wasi/wasm'],
  ])('knows %s', (text) => expect(isKnownPlatform(parsePlatform(text) ?? { os: '', architecture: '' })).toBe(true))

  it('knows the variants before normalization too', () => {
    expect(variantsOf('amd64')).toEqual(['v1', 'v2', 'v3', 'v4'])
    expect(variantsOf('arm')).toEqual(['v5', 'v6', 'v7', 'v8'])
    expect(variantsOf('arm64').slice(0, 2)).toEqual(['v8', 'v8.1'])
    expect(variantsOf('riscv64')).toEqual([])
  })

  it('suggests aliases beside the names of architectures', () => {
    expect(ARCHITECTURE_WORDS).toEqual(expect.arrayContaining(['amd64', 's390x', 'x86_64', 'aarch64', 'armhf']))
  })
})

describe('normalizePlatform', () => {
  it('keeps an os version and features, these sorted, and drops empty ones', () => {
    const windows = { os: 'Windows', architecture: 'x86_64' }
    expect(normalizePlatform({ ...windows, 'os.version': '10.0.1', 'os.features': ['b', 'a'] })).toStrictEqual({
      os: 'windows',
      architecture: 'amd64',
      'os.version': '10.0.1',
      'os.features': ['a', 'b'],
    })
    expect(normalizePlatform({ ...windows, variant: '', 'os.version': '', 'os.features': [] })).toStrictEqual({
      os: 'windows',
      architecture: 'amd64',
    })
  })

  it('takes no os for linux', () => {
    expect(normalizePlatform({ os: '', architecture: 'arm' })).toStrictEqual({
      os: 'linux',
      architecture: 'arm',
      variant: 'v7',
    })
  })
})

describe('matchesPlatform', () => {
  const plain = { os: 'windows', architecture: 'amd64' }
  const versioned = { ...plain, 'os.version': '10.0.1' }
  const featured = { ...plain, 'os.features': ['win32k'] }

  it('compares an os version and features only if they are wanted', () => {
    expect(matchesPlatform(versioned, plain)).toBe(true)
    expect(matchesPlatform(featured, plain)).toBe(true)
    expect(matchesPlatform(versioned, versioned)).toBe(true)
    expect(matchesPlatform(plain, versioned)).toBe(false)
    expect(matchesPlatform(plain, featured)).toBe(false)
    expect(matchesPlatform(featured, featured)).toBe(true)
  })

  it('distinguishes variants', () => {
    const arm = { os: 'linux', architecture: 'arm', variant: 'v6' }
    expect(matchesPlatform(arm, { ...arm })).toBe(true)
    expect(matchesPlatform(arm, { ...arm, variant: 'v7' })).toBe(false)
  })
})

describe('platformIdentity', () => {
  it('has the os version and features behind the platform', () => {
    const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', 'os.features': ['b', 'a'] }
    expect(platformIdentity(normalizePlatform(platform))).toBe('windows/amd64;10.0.1;+a+b')
    expect(platformIdentity(normalizePlatform({ os: 'linux', architecture: 'arm' }))).toBe('linux/arm/v7')
  })
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

  it('goes by os, then by architecture, and by os version last', () => {
    const of = (os: string, architecture: string, version?: string) => ({
      os,
      architecture,
      ...(version !== undefined && { 'os.version': version }),
    })
    expect(comparePlatforms(of('linux', 's390x'), of('windows', '386'))).toBeLessThan(0)
    expect(comparePlatforms(of('windows', '386'), of('linux', 's390x'))).toBeGreaterThan(0)
    expect(comparePlatforms(of('windows', 'amd64', '1'), of('windows', 'amd64', '2'))).toBeLessThan(0)
    expect(comparePlatforms(of('windows', 'amd64', '2'), of('windows', 'amd64', '1'))).toBeGreaterThan(0)
    expect(comparePlatforms(of('windows', 'amd64'), of('windows', 'amd64'))).toBe(0)
    const arm = { os: 'linux', architecture: 'arm64' }
    expect(comparePlatforms(arm, { ...arm, variant: 'v9' })).toBeLessThan(0)
    expect(comparePlatforms({ ...arm, variant: 'v9' }, arm)).toBeGreaterThan(0)
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

  it('rejects an operating system alone, with a hint on what to write', () => {
    expect(parsePlatform('linux')).toBeUndefined()
    expect(unreadablePlatform('linux')).toEqual({
      message: "platform 'linux' has no architecture",
      hint: "write 'linux/amd64', or 'amd64' alone",
    })
    expect(unreadablePlatform(' Linux ')).toMatchObject({ hint: "write 'Linux/amd64', or 'amd64' alone" })
    expect(unreadablePlatform('a b').message).toBe("platform 'a b' is not valid")
    expect(unreadablePlatform('a b').hint).toContain("'linux/arm/v7'")
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
    expect(runs('linux/arm/v5')).toEqual(['linux/arm/v5'])
    expect(runs('linux/arm/v8')).toEqual(['linux/arm/v8', 'linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'])
    expect(platformsRunBy({ os: 'linux', architecture: 'arm' }).map(formatPlatform)).toEqual(runs('linux/arm/v7'))
    expect(runs('linux/amd64/v9')).toEqual(['linux/amd64/v9', 'linux/386'])
    expect(runs('linux/riscv64')).toEqual(['linux/riscv64'])
    expect(runs('windows/amd64')).toEqual(['windows/amd64', 'windows/386'])
    expect(runs('linux/arm64/v9.2')).toEqual([
      ...['v9.2', 'v9.1', 'v9', 'v8.7', 'v8.6', 'v8.5', 'v8.4', 'v8.3', 'v8.2', 'v8.1'].map((v) => `linux/arm64/${v}`),
      ...runs('linux/arm64'),
    ])
    const v8 = [5, 4, 3, 2, 1].map((minor) => `linux/arm64/v8.${minor}`)
    expect(runs('linux/arm64/v9')).toEqual(['linux/arm64/v9', ...v8, ...runs('linux/arm64')])
  })
})

describe('samePlatform', () => {
  it('distinguishes os versions and features, in any order', () => {
    const windows = { os: 'windows', architecture: 'amd64' }
    expect(samePlatform({ ...windows, 'os.version': '10.0.1' }, { ...windows, 'os.version': '10.0.2' })).toBe(false)
    const [one, other] = [
      ['a', 'b'],
      ['b', 'a'],
    ].map((features) => normalizePlatform({ ...windows, 'os.features': features }))
    expect(one && other && samePlatform(one, other)).toBe(true)
  })
})
