import { pluginContract } from '@polyarch/core/testing'
import { test } from 'vitest'
import { DEVUAN, KALI } from '../src/derivatives.js'
import { type DebianOptions, debian, devuan, kali, raspios } from '../src/index.js'
import { DEBIAN } from '../src/releases.js'

const releases = Object.keys(DEBIAN.releases) as (keyof typeof DEBIAN.releases)[]

const tests = pluginContract(() => debian(), {
  debian: {
    accepted: [{}, ...releases.flatMap((release): DebianOptions[] => [{ release }, { release, source: 'apt' }])],
    rejected: [
      { platform: 'linux/amd64', options: { release: 'bokworm' }, option: 'release' },
      { platform: 'linux/amd64', options: { packages: ['curl'] }, option: 'packages' },
      { platform: 'linux/arm/v5', options: { release: 'forky' } },
    ],
  },
})

const mirror = 'https://mirror.example.com/merged'
const derivatives = [
  ...pluginContract(() => devuan(), {
    devuan: {
      accepted: [
        {},
        { image: 'registry.example.com/devuan' },
        ...namesOf(DEVUAN).map((release) => ({ release, mirror })),
      ],
      rejected: [
        { platform: 'linux/amd64', options: { source: 'registry' }, option: 'source' },
        { platform: 'linux/amd64', options: { support: 'extended' }, option: 'support' },
        { platform: 'linux/riscv64', options: { release: 'daedalus' } },
      ],
    },
  }),
  ...pluginContract(() => kali(), {
    kali: {
      accepted: [{}, ...namesOf(KALI).flatMap((release) => [{ release }, { release, source: 'apt', mirror } as const])],
      rejected: [{ platform: 'linux/amd64', options: { release: '2026.3' }, option: 'release' }],
    },
  }),
  ...pluginContract(() => raspios({ mirror }), {
    raspios: {
      accepted: [{}, { release: '12', packages: ['libcamera-tools'], debianMirror: mirror, keyring: '/k.gpg' }],
      rejected: [
        { platform: 'linux/arm64', options: { mirror: '/srv' }, option: 'mirror' },
        { platform: 'linux/arm64', options: { debianMirror: '/srv' }, option: 'debianMirror' },
        { platform: 'linux/arm64', options: { keyring: 5 }, option: 'keyring' },
        { platform: 'linux/arm64', options: { release: 'buster' }, option: 'release' },
        { platform: 'linux/arm/v7', options: {} },
      ],
    },
  }),
]

function namesOf<Table extends { readonly releases: object }>({ releases }: Table) {
  return Object.keys(releases) as (keyof Table['releases'] & string)[]
}

for (const { name, run } of [...tests, ...derivatives]) test(name, run)
