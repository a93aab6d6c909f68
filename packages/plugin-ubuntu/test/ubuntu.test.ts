import { describe, expect, it } from 'vitest'
import { formatPlatform, parsePlatform } from '../../core/src/model/platform.js'
import { parseReference } from '../../core/src/model/reference.js'
import { ubuntu } from '../src/index.js'
import { UBUNTU } from '../src/releases.js'

const base = ubuntu().bases.ubuntu
const ask = (platform: string, options: object = {}) => {
  const parsed = parsePlatform(platform)
  if (parsed === undefined) throw new Error(`'${platform}' is not a platform`)
  return base.source({ platform: parsed, options })
}

describe.each(Object.entries(UBUNTU.releases))('Ubuntu %s', (release, { aliases, platforms, suite, tag }) => {
  it.each(Object.entries(platforms))('has %s, as an image and as packages', (platform, architecture) => {
    const image = ask(platform, { release })
    expect(image).toMatchObject({
      kind: 'registry',
      reference: `${UBUNTU.image}:${tag}`,
      configPolicy: UBUNTU.configPolicy,
    })
    expect(parseReference('reference' in image ? image.reference : '')).toBeDefined()
    expect(ask(platform, { release, source: 'apt' })).toMatchObject({
      kind: 'apt',
      suite,
      architecture,
      distribution: 'ubuntu',
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

describe('what Ubuntu refuses', () => {
  it.each([
    ['a platform that it never had', 'linux/arm/v6', {}, undefined, 'Ubuntu 24.04 has no linux/arm/v6'],
    ['a release that there is not', 'linux/amd64', { release: '24.40' }, 'release', "no release '24.40'"],
    ['a flavor', 'linux/amd64', { flavor: 'slim' }, 'flavor', "no flavor 'slim'"],
    ['packages for a published image', 'linux/amd64', { packages: ['curl'] }, 'packages', 'made from packages'],
    ['an image for packages', 'linux/amd64', { source: 'apt', image: 'x' }, 'image', 'published images'],
    ['an unknown source', 'linux/amd64', { source: 'dnf' }, 'source', "no source 'dnf'"],
  ])('%s', (_what, platform, options, option, message) => {
    const answer = ask(platform, options)
    expect(answer).toMatchObject({ kind: 'refusal', message: expect.stringContaining(message) })
    expect('option' in answer ? answer.option : undefined).toBe(option)
  })

  it('says which name is near', () => {
    expect(ask('linux/amd64', { release: 'nobel' })).toMatchObject({ hint: "did you mean 'noble'?" })
  })
})

describe('defaults', () => {
  it('hold where a platform says nothing else', () => {
    const mirrored = ubuntu({ image: 'registry.example.com/ubuntu', release: 'jammy' }).bases.ubuntu
    const platform = { os: 'linux', architecture: 'amd64' }
    expect(mirrored.source({ platform, options: {} })).toMatchObject({ reference: 'registry.example.com/ubuntu:22.04' })
    expect(mirrored.source({ platform, options: { release: 'noble' } })).toMatchObject({
      reference: 'registry.example.com/ubuntu:24.04',
    })
  })
})

describe('what passes with time', () => {
  it('is the support of a release', () => {
    expect(ask('linux/amd64', { release: '14.04' })).toMatchObject({ endOfLife: '2019-04-25' })
  })

  it('stands still in a former state of the archive', () => {
    const mirror = 'http://mirror.example.com/20260101T000000Z'
    expect(ask('linux/amd64', { source: 'apt', mirror, frozen: true })).toMatchObject({ mirror, isFrozen: true })
    expect(ask('linux/amd64', { source: 'apt', frozen: true })).toMatchObject({ kind: 'refusal', option: 'frozen' })
  })
})
