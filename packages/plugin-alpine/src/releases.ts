import type { ArchiveRequest, DistributionTable } from '@polyarch/core/plugin'
import { apk } from './apk/apk-kind.js'
import { type ApkSource, apkPackageIssue } from './apk/apk-source.js'
import { ALPINE_KEYS } from './archive-keys.js'

/** Alpine's names of architectures. ARM without a version is ARMv6. */
const PLATFORMS = {
  'linux/386': 'x86',
  'linux/amd64': 'x86_64',
  'linux/arm/v6': 'armhf',
  'linux/arm/v7': 'armv7',
  'linux/arm64': 'aarch64',
  'linux/ppc64le': 'ppc64le',
  'linux/riscv64': 'riscv64',
  'linux/s390x': 's390x',
} as const

/** The packages of the official images. */
const BASE = ['alpine-baselayout', 'alpine-keys', 'alpine-release', 'apk-tools', 'busybox', 'libc-utils']

/** Alpine's releases. Source: the page "Releases" of its website, for ends of support and architectures. */
export const ALPINE = {
  title: 'Alpine',
  image: 'docker.io/library/alpine',
  configPolicy: 'require-match',
  defaultRelease: '3.24',
  flavors: {},
  releases: {
    '3.21': { aliases: [], tag: '3.21', suite: 'v3.21', endOfLife: '2026-11-01', platforms: PLATFORMS },
    '3.22': { aliases: [], tag: '3.22', suite: 'v3.22', endOfLife: '2027-05-01', platforms: PLATFORMS },
    '3.23': { aliases: [], tag: '3.23', suite: 'v3.23', endOfLife: '2027-11-01', platforms: PLATFORMS },
    '3.24': { aliases: [], tag: '3.24', suite: 'v3.24', endOfLife: '2028-06-01', platforms: PLATFORMS },
    edge: { aliases: [], tag: 'edge', suite: 'edge', platforms: PLATFORMS },
  },
  archive: {
    by: apk,
    mirrorContent: 'the folders of its releases',
    packageIssue: apkPackageIssue,
    source: ({ release: { suite }, architecture, mirror, keyring, packages }: ArchiveRequest): ApkSource => ({
      distribution: 'alpine',
      branch: suite,
      architecture,
      mirror,
      repositories: ['main', 'community'],
      packages: [...BASE, ...packages],
      // If the user sets a key, no other key is trusted.
      ...(keyring === undefined ? { keys: ALPINE_KEYS } : { keyring }),
    }),
  },
} as const satisfies DistributionTable
