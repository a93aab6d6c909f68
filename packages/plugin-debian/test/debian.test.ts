import { describe, expect, it } from 'vitest'
import { formatPlatform, parsePlatform } from '../../core/src/model/platform.js'
import { parseReference } from '../../core/src/model/reference.js'
import { debian } from '../src/index.js'
import { DEBIAN } from '../src/releases.js'

const base = debian().bases.debian
const ask = (platform: string, options: object = {}) => {
  const parsed = parsePlatform(platform)
  if (parsed === undefined) throw new Error(`'${platform}' is not a platform`)
  return base.source({ platform: parsed, options })
}

describe.each(Object.entries(DEBIAN.releases))('Debian %s', (release, { aliases, platforms, suite, tag }) => {
  it.each(Object.entries(platforms))('has %s, as an image and as packages', (platform, architecture) => {
    const image = ask(platform, { release })
    expect(image).toMatchObject({
      kind: 'registry',
      reference: `${DEBIAN.image}:${tag}`,
      configPolicy: DEBIAN.configPolicy,
    })
    expect(parseReference('reference' in image ? image.reference : '')).toBeDefined()
    expect(ask(platform, { release, source: 'apt' })).toMatchObject({
      kind: 'apt',
      suite,
      architecture,
      distribution: 'debian',
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

describe('Debian', () => {
  it('calls ARMv5 armel and ARMv7 armhf, and has nothing between them', () => {
    expect(ask('linux/arm/v5', { source: 'apt' })).toMatchObject({ architecture: 'armel' })
    expect(ask('linux/arm/v7', { source: 'apt' })).toMatchObject({ architecture: 'armhf' })
    expect(ask('linux/arm/v6')).toMatchObject({ kind: 'refusal' })
    expect(ask('linux/arm/v5', { release: 'forky' })).toMatchObject({ kind: 'refusal' })
  })

  it('has slim images', () => {
    expect(ask('linux/amd64', { flavor: 'slim' })).toMatchObject({ reference: 'docker.io/library/debian:trixie-slim' })
    expect(ask('linux/amd64', { flavor: 'slim', source: 'apt' })).toMatchObject({ kind: 'refusal', option: 'flavor' })
  })

  it('takes the options of packages', () => {
    const options = { source: 'apt', packages: ['curl'], mirror: 'http://mirror.example.com/debian', keyring: '/k.gpg' }
    expect(ask('linux/amd64', options)).toMatchObject({
      packages: ['curl'],
      mirror: 'http://mirror.example.com/debian',
      keyring: '/k.gpg',
    })
  })
})

describe('what passes with time', () => {
  it('is the support of a release', () => {
    expect(ask('linux/amd64', { release: 'stretch' })).toMatchObject({ endOfLife: '2022-06-30' })
  })

  it('stands still in a former state of the archive', () => {
    const mirror = 'http://mirror.example.com/20260101T000000Z'
    expect(ask('linux/amd64', { source: 'apt', mirror, frozen: true })).toMatchObject({ mirror, isFrozen: true })
    expect(ask('linux/amd64', { source: 'apt', frozen: true })).toMatchObject({ kind: 'refusal', option: 'frozen' })
  })
})
