import type { DistributionTable } from '@polyarch/core/plugin'
import { DEBIAN_KEYS } from './archive-keys.js'

/** Platforms whose images are still rebuilt once a release is in long-term support. */
const LONG_TERM = {
  'linux/386': 'i386',
  'linux/amd64': 'amd64',
  'linux/arm/v7': 'armhf',
  'linux/arm64': 'arm64',
} as const

/** Platforms of testing and unstable, which no longer have armel. */
const CURRENT = {
  ...LONG_TERM,
  'linux/ppc64le': 'ppc64el',
  'linux/riscv64': 'riscv64',
  'linux/s390x': 's390x',
} as const

/**
 * Debian's releases and the platforms of each.
 *
 * Sources: the file library/debian of the docker-library/official-images repository, for tags and platforms; the
 * "Supported architectures" chapter of each release's notes, for the words: armel is ARMv5, armhf is ARMv7; debian.csv of the package distro-info-data, for the ends of
 * support.
 */
export const DEBIAN = {
  title: 'Debian',
  image: 'docker.io/library/debian',
  configPolicy: 'require-match',
  defaultRelease: 'trixie',
  // Packages of the long-term team are in the archive and in the images.
  support: 'long-term',
  flavors: { slim: '-slim' },
  releases: {
    stretch: {
      aliases: ['9'],
      tag: 'stretch',
      suite: 'stretch',
      endOfLife: { standard: '2020-07-18', 'long-term': '2022-06-30', extended: '2027-06-30' },
      platforms: LONG_TERM,
      keyring: '/usr/share/keyrings/debian-archive-removed-keys.gpg',
    },
    buster: {
      aliases: ['10'],
      tag: 'buster',
      suite: 'buster',
      endOfLife: { standard: '2022-09-10', 'long-term': '2024-06-30', extended: '2029-06-30' },
      platforms: LONG_TERM,
    },
    bullseye: {
      aliases: ['11'],
      tag: 'bullseye',
      suite: 'bullseye',
      endOfLife: { standard: '2024-08-14', 'long-term': '2026-08-31', extended: '2031-06-30' },
      platforms: LONG_TERM,
    },
    bookworm: {
      aliases: ['12'],
      tag: 'bookworm',
      suite: 'bookworm',
      endOfLife: { standard: '2026-07-11', 'long-term': '2028-06-30', extended: '2033-06-30' },
      platforms: {
        ...LONG_TERM,
        'linux/arm/v5': 'armel',
        'linux/mips64le': 'mips64el',
        'linux/ppc64le': 'ppc64el',
        'linux/s390x': 's390x',
      },
    },
    trixie: {
      aliases: ['13'],
      tag: 'trixie',
      suite: 'trixie',
      endOfLife: { standard: '2028-08-09', 'long-term': '2030-06-30', extended: '2035-06-30' },
      platforms: { ...CURRENT, 'linux/arm/v5': 'armel' },
    },
    forky: { aliases: ['14', 'testing'], tag: 'forky', suite: 'forky', platforms: CURRENT },
    sid: { aliases: ['unstable'], tag: 'sid', suite: 'sid', platforms: CURRENT },
  },
  archive: {
    distribution: 'debian',
    components: ['main'],
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    keys: DEBIAN_KEYS,
  },
} as const satisfies DistributionTable
