import { describe, expect, it } from 'vitest'
import { asking, describeKeys, describeReleases } from '../../../test/support/distribution-releases.js'
import { ubuntu } from '../src/index.js'
import { UBUNTU } from '../src/releases.js'

const ask = asking(ubuntu().bases.ubuntu)

describeReleases(UBUNTU, ask)
describeKeys(UBUNTU, ask)

describe('what Ubuntu rejects', () => {
  it.each([
    ['a platform that it never had', 'linux/arm/v6', {}, undefined, 'Ubuntu 24.04 does not support linux/arm/v6'],
    ['a release that there is not', 'linux/amd64', { release: '24.40' }, 'release', "release '24.40' does not exist"],
    ['a flavor', 'linux/amd64', { flavor: 'slim' }, 'flavor', "flavor 'slim' does not exist"],
    ['packages for a published image', 'linux/amd64', { packages: ['curl'] }, 'packages', 'made from packages'],
    ['an image for packages', 'linux/amd64', { source: 'apt', image: 'x' }, 'image', 'published images'],
    ['an unknown source', 'linux/amd64', { source: 'dnf' }, 'source', "source 'dnf' does not exist"],
  ])('%s', (_what, platform, options, option, message) => {
    const answer = ask(platform, options)
    expect(answer).toMatchObject({ kind: 'issue', message: expect.stringContaining(message) })
    expect('option' in answer ? answer.option : undefined).toBe(option)
  })

  it('reports which name is near', () => {
    expect(ask('linux/amd64', { release: 'nobel' })).toMatchObject({ hint: "did you mean 'noble'?" })
  })
})

describe('defaults', () => {
  it('hold if a platform prints nothing else', () => {
    const mirrored = ubuntu({ image: 'registry.example.com/ubuntu', release: 'jammy' }).bases.ubuntu
    const platform = { os: 'linux', architecture: 'amd64' }
    expect(mirrored.source({ platform, options: {} })).toMatchObject({ reference: 'registry.example.com/ubuntu:22.04' })
    expect(mirrored.source({ platform, options: { release: 'noble' } })).toMatchObject({
      reference: 'registry.example.com/ubuntu:24.04',
    })
  })
})

describe('what passes with time', () => {
  it('is the support of a release, of the kind that the user has', () => {
    const of = (options: object) => ask('linux/amd64', { release: '22.04', ...options })
    expect(of({})).toMatchObject({ endOfLife: '2027-06-01' })
    expect(of({ support: 'long-term' })).toMatchObject({ endOfLife: '2032-04-21' })
    expect(of({ support: 'extended', release: '26.10' })).toMatchObject({ endOfLife: '2027-07-15' })
    expect(ask('linux/amd64', { release: '14.04' })).toMatchObject({ endOfLife: '2019-04-25' })
  })

  it('stands still in a former state of the archive', () => {
    const mirror = 'http://mirror.example.com/20260101T000000Z'
    expect(ask('linux/amd64', { source: 'apt', mirror, frozen: true })).toMatchObject({ mirror, isFrozen: true })
    expect(ask('linux/amd64', { source: 'apt', frozen: true })).toMatchObject({ kind: 'issue', option: 'frozen' })
  })
})
