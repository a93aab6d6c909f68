import { describe, expect, it } from 'vitest'
import { formatPlatform, parsePlatform } from '../../core/src/model/platform.js'
import { parseReference } from '../../core/src/model/reference.js'
import { raspbian } from '../src/index.js'
import { RASPBIAN } from '../src/releases.js'

const base = raspbian().bases.raspbian
const ask = (platform: string, options: object = {}) => {
  const parsed = parsePlatform(platform)
  if (parsed === undefined) throw new Error(`'${platform}' is not a platform`)
  return base.source({ platform: parsed, options })
}

describe.each(Object.entries(RASPBIAN.releases))('Raspbian %s', (release, { aliases, platforms, suite, tag }) => {
  it.each(Object.entries(platforms))('has %s, as an image and as packages', (platform, architecture) => {
    const image = ask(platform, { release })
    expect(image).toEqual({
      kind: 'registry',
      reference: `${RASPBIAN.image}:${tag}`,
      configPolicy: RASPBIAN.configPolicy,
    })
    expect(parseReference('reference' in image ? image.reference : '')).toBeDefined()
    expect(ask(platform, { release, source: 'apt' })).toMatchObject({
      kind: 'apt',
      suite,
      architecture,
      distribution: 'raspbian',
    })
  })

  it('is the same by all of its names, and writes its platforms in normal form', () => {
    const [platform = ''] = Object.keys(platforms)
    for (const alias of aliases) expect(ask(platform, { release: alias })).toEqual(ask(platform, { release }))
    for (const text of Object.keys(platforms)) {
      const parsed = parsePlatform(text)
      expect(parsed && formatPlatform(parsed)).toBe(text)
    }
  })
})

describe('Raspbian', () => {
  it('is ARMv6, which ARMv7 runs too, and never 64-bit', () => {
    expect(base.platforms).toEqual(['linux/arm/v6', 'linux/arm/v7'])
    expect(ask('linux/arm64')).toMatchObject({ kind: 'refusal', message: 'Raspbian bookworm has no linux/arm64' })
  })

  it('does not believe the config of its images, which says amd64', () => {
    expect(ask('linux/arm/v6')).toMatchObject({ configPolicy: 'trust-declared' })
  })
})
