import { describe, expect, it } from 'vitest'
import { asking, describeKeys, describeReleases } from '../../../test/support/distribution-releases.js'
import { DEVUAN, KALI } from '../src/derivatives.js'
import { debian, devuan, kali, raspios } from '../src/index.js'
import { DEBIAN } from '../src/releases.js'

const ask = asking(debian().bases.debian)

describeReleases(DEBIAN, ask)
describeKeys(DEBIAN, ask)

describe('Debian', () => {
  it('calls ARMv5 armel and ARMv7 armhf, and has nothing between them', () => {
    expect(ask('linux/arm/v5', { source: 'apt' })).toMatchObject({ architecture: 'armel' })
    expect(ask('linux/arm/v7', { source: 'apt' })).toMatchObject({ architecture: 'armhf' })
    expect(ask('linux/arm/v6')).toMatchObject({ kind: 'issue' })
    expect(ask('linux/arm/v5', { release: 'forky' })).toMatchObject({ kind: 'issue' })
  })

  it('has slim images', () => {
    expect(ask('linux/amd64', { flavor: 'slim' })).toMatchObject({ reference: 'docker.io/library/debian:trixie-slim' })
    expect(ask('linux/amd64', { flavor: 'slim', source: 'apt' })).toMatchObject({ kind: 'issue', option: 'flavor' })
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

describe('distributions based on Debian', () => {
  it('have an archive and a keyring of their own', () => {
    expect(asking(devuan().bases.devuan)('linux/arm/v5')).toEqual({
      kind: 'apt',
      ...DEVUAN.archive,
      suite: 'excalibur',
      architecture: 'armel',
      packages: [],
      variant: 'minbase',
      endOfLife: '2030-06-30',
    })
    expect(asking(kali().bases.kali)('linux/arm/v7', { source: 'apt' })).toMatchObject({
      ...KALI.archive,
      suite: 'kali-rolling',
      architecture: 'armhf',
    })
  })

  it('have images where they are published, and else those that the user names', () => {
    expect(asking(kali().bases.kali)('linux/arm64')).toMatchObject({
      reference: 'docker.io/kalilinux/kali-rolling:latest',
    })
    const ask = asking(devuan().bases.devuan)
    expect(ask('linux/amd64', { image: 'registry.example.com/devuan' })).toMatchObject({
      reference: 'registry.example.com/devuan:excalibur',
    })
    expect(ask('linux/amd64', { source: 'registry' })).toMatchObject({
      kind: 'issue',
      option: 'source',
      message: 'Devuan has no official images',
    })
  })
})

describe('Raspberry Pi OS', () => {
  const ask = asking(raspios().bases.raspios)
  const mirror = 'https://mirror.example.com/raspberrypi'

  it('is Debian with the archive of Raspberry Pi beside it', () => {
    expect(ask('linux/arm64', { mirror, release: '12', packages: ['libcamera-tools'] })).toMatchObject({
      kind: 'apt',
      distribution: 'debian',
      suite: 'bookworm',
      architecture: 'arm64',
      keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
      packages: ['raspberrypi-archive-keyring', 'libcamera-tools'],
      overlays: [
        {
          distribution: 'raspberrypi',
          mirror,
          suite: 'bookworm',
          components: ['main'],
          keyring: '/usr/share/keyrings/raspberrypi-archive-keyring.gpg',
        },
      ],
    })
  })

  it('needs the mirror of Raspberry Pi', () => {
    expect(ask('linux/arm64')).toMatchObject([{ option: 'mirror', message: 'no mirror is configured' }])
  })
})

describe('what passes with time', () => {
  it('ends with the kind of support that the user has', () => {
    const of = (options: object) => ask('linux/amd64', { release: 'bookworm', ...options })
    expect(of({})).toMatchObject({ endOfLife: '2028-06-30' })
    expect(of({ support: 'standard' })).toMatchObject({ endOfLife: '2026-07-11' })
    expect(of({ support: 'extended', source: 'apt' })).toMatchObject({ endOfLife: '2033-06-30' })
    expect(of({ support: 'elts' })).toMatchObject({
      kind: 'issue',
      option: 'support',
      message: "Debian has no support 'elts'",
      hint: "use 'standard', 'long-term', 'extended'",
    })
    expect(of({ support: 5 })).toMatchObject({ kind: 'issue', option: 'support' })
  })

  it('is the support of a release', () => {
    expect(ask('linux/amd64', { release: 'stretch' })).toMatchObject({ endOfLife: '2022-06-30' })
  })

  it('stands still in a former state of the archive', () => {
    const mirror = 'http://mirror.example.com/20260101T000000Z'
    expect(ask('linux/amd64', { source: 'apt', mirror, frozen: true })).toMatchObject({ mirror, isFrozen: true })
    for (const bad of ['[trusted=yes] http://a', 'http://a\ndeb http://b', '-o', 'file:///a']) {
      expect(ask('linux/amd64', { source: 'apt', mirror: bad })).toMatchObject({ kind: 'issue', option: 'mirror' })
    }
    expect(ask('linux/amd64', { source: 'apt', packages: ['curl', '-oDpkg::Pre-Invoke::=id'] })).toMatchObject({
      kind: 'issue',
      option: 'packages',
      message: 'package "-oDpkg::Pre-Invoke::=id" is not valid',
    })
    expect(ask('linux/amd64', { source: 'apt', frozen: true })).toMatchObject({ kind: 'issue', option: 'frozen' })
  })
})
