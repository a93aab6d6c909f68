import type { DistributionTable } from '@polyarch/core/plugin'

const COMMON = { 'linux/amd64': 'amd64', 'linux/arm/v7': 'armhf', 'linux/arm64': 'arm64' } as const

/** Architectures of Devuan's packages: those of the Debian release, of which it has a merged archive. */
const DEVUAN_ARCHITECTURES = {
  ...COMMON,
  'linux/386': 'i386',
  'linux/arm/v5': 'armel',
  'linux/ppc64le': 'ppc64el',
} as const

/**
 * Devuan's releases, from packages: it has no official images.
 *
 * Sources: devuan.csv of the package distro-info-data, for the ends of support; the release notes, for architectures.
 */
export const DEVUAN = {
  title: 'Devuan',
  configPolicy: 'require-match',
  defaultRelease: 'excalibur',
  flavors: {},
  releases: {
    chimaera: {
      aliases: ['4'],
      tag: 'chimaera',
      suite: 'chimaera',
      endOfLife: '2026-08-31',
      platforms: DEVUAN_ARCHITECTURES,
    },
    daedalus: {
      aliases: ['5'],
      tag: 'daedalus',
      suite: 'daedalus',
      endOfLife: '2028-06-30',
      platforms: DEVUAN_ARCHITECTURES,
    },
    excalibur: {
      aliases: ['6'],
      tag: 'excalibur',
      suite: 'excalibur',
      endOfLife: '2030-06-30',
      platforms: { ...DEVUAN_ARCHITECTURES, 'linux/riscv64': 'riscv64' },
    },
    ceres: { aliases: ['unstable'], tag: 'ceres', suite: 'ceres', platforms: COMMON },
  },
  archive: {
    distribution: 'devuan',
    components: ['main'],
    keyring: '/usr/share/keyrings/devuan-archive-keyring.gpg',
  },
} as const satisfies DistributionTable

/**
 * Kali Linux, which has no releases but a current state.
 *
 * Sources: the page "Official Kali Linux Docker Images" of its documentation, for images; the script `kali` of debootstrap, for
 * the keyring.
 */
export const KALI = {
  title: 'Kali Linux',
  image: 'docker.io/kalilinux/kali-rolling',
  configPolicy: 'require-match',
  defaultRelease: 'kali-rolling',
  flavors: {},
  releases: {
    'kali-rolling': { aliases: ['rolling'], tag: 'latest', suite: 'kali-rolling', platforms: COMMON },
  },
  archive: {
    distribution: 'kali',
    components: ['main'],
    keyring: '/usr/share/keyrings/kali-archive-keyring.gpg',
  },
} as const satisfies DistributionTable
