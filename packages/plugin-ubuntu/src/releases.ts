import type { DistributionTable } from '@polyarch/core/plugin'
import { UBUNTU_KEYS } from './archive-keys.js'

/** Properties of every release here. ARM is ARMv7 only: Ubuntu never supported ARMv6. */
const COMMON = {
  'linux/amd64': 'amd64',
  'linux/arm/v7': 'armhf',
  'linux/arm64': 'arm64',
  'linux/ppc64le': 'ppc64el',
} as const

const WITH_MAINFRAME = { ...COMMON, 'linux/s390x': 's390x' } as const
const CURRENT = { ...WITH_MAINFRAME, 'linux/riscv64': 'riscv64' } as const

/**
 * Ubuntu's releases and the platforms of each.
 *
 * Sources: the file library/ubuntu of the docker-library/official-images repository, for tags and platforms; the
 * release notes of each release, for the architectures of its archive; ubuntu.csv of the package distro-info-data, for the
 * ends of support: `long-term` is the expanded security maintenance of Ubuntu Pro, `extended` its legacy add-on.
 */
export const UBUNTU = {
  title: 'Ubuntu',
  image: 'docker.io/library/ubuntu',
  configPolicy: 'require-match',
  defaultRelease: '24.04',
  flavors: {},
  releases: {
    '14.04': {
      aliases: ['trusty'],
      tag: '14.04',
      suite: 'trusty',
      endOfLife: { standard: '2019-04-25', 'long-term': '2024-04-25', extended: '2029-04-26' },
      platforms: { ...COMMON, 'linux/386': 'i386' },
    },
    '16.04': {
      aliases: ['xenial'],
      tag: '16.04',
      suite: 'xenial',
      endOfLife: { standard: '2021-04-30', 'long-term': '2026-04-23', extended: '2031-04-30' },
      platforms: { ...WITH_MAINFRAME, 'linux/386': 'i386' },
    },
    '18.04': {
      aliases: ['bionic'],
      tag: '18.04',
      suite: 'bionic',
      endOfLife: { standard: '2023-05-31', 'long-term': '2028-04-26', extended: '2033-04-28' },
      platforms: { ...WITH_MAINFRAME, 'linux/386': 'i386' },
    },
    '20.04': {
      aliases: ['focal'],
      tag: '20.04',
      suite: 'focal',
      endOfLife: { standard: '2025-05-29', 'long-term': '2030-04-23', extended: '2035-04-26' },
      platforms: CURRENT,
    },
    '22.04': {
      aliases: ['jammy'],
      tag: '22.04',
      suite: 'jammy',
      endOfLife: { standard: '2027-06-01', 'long-term': '2032-04-21', extended: '2037-04-30' },
      platforms: CURRENT,
    },
    '24.04': {
      aliases: ['noble'],
      tag: '24.04',
      suite: 'noble',
      endOfLife: { standard: '2029-05-31', 'long-term': '2034-04-25', extended: '2039-04-28' },
      platforms: CURRENT,
    },
    '25.10': { aliases: ['questing'], tag: '25.10', suite: 'questing', endOfLife: '2026-07-09', platforms: CURRENT },
    '26.04': {
      aliases: ['resolute'],
      tag: '26.04',
      suite: 'resolute',
      endOfLife: { standard: '2031-05-29', 'long-term': '2036-04-23', extended: '2041-04-30' },
      platforms: CURRENT,
    },
    '26.10': { aliases: ['stonking'], tag: '26.10', suite: 'stonking', endOfLife: '2027-07-15', platforms: CURRENT },
  },
  archive: {
    distribution: 'ubuntu',
    components: ['main', 'universe'],
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    keys: UBUNTU_KEYS,
    // All other architectures are in the ports archive, which has another address.
    hostMirrorArchitectures: ['amd64', 'i386'],
  },
} as const satisfies DistributionTable
