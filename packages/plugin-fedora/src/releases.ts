import { ALMALINUX_KEYS, CENTOS_KEYS, ROCKY_KEYS } from './archive-keys.js'
import { FEDORA_KEYS } from './fedora-keys.js'
import { type RpmTable, rpmArchive } from './rpm-distribution.js'

const ALL = {
  'linux/amd64': 'x86_64',
  'linux/arm64': 'aarch64',
  'linux/ppc64le': 'ppc64le',
  'linux/s390x': 's390x',
} as const

/** From release 10 on, x86_64 requires the instructions of x86-64-v3. */
const ENTERPRISE_10 = { ...ALL, 'linux/riscv64': 'riscv64' } as const

/**
 * Fedora's releases.
 *
 * Sources: the schedules of Fedora's program management, for ends of life; the tags of the official images, for platforms.
 */
export const FEDORA = {
  title: 'Fedora',
  image: 'docker.io/library/fedora',
  configPolicy: 'require-match',
  defaultRelease: '44',
  flavors: {},
  releases: {
    '43': { aliases: [], tag: '43', suite: '43', endOfLife: '2026-12-09', platforms: ALL },
    '44': { aliases: [], tag: '44', suite: '44', endOfLife: '2027-06-02', platforms: ALL },
    // Its end is one month after the release of Fedora 47.
    '45': { aliases: [], tag: '45', suite: '45', platforms: ALL },
  },
  archive: rpmArchive({
    distribution: 'fedora',
    keys: FEDORA_KEYS,
    packages: ['bash', 'coreutils-single', 'dnf5', 'fedora-release-container', 'glibc-minimal-langpack'],
    database: () => '/usr/lib/sysimage/rpm',
    platformId: (release) => `platform:f${release}`,
    repositories: (release, architecture) => [
      { id: 'fedora', path: `releases/${release}/Everything/${architecture}/os` },
      { id: 'updates', path: `updates/${release}/Everything/${architecture}` },
    ],
  }),
} as const satisfies RpmTable

const ENTERPRISE = {
  database: (release: string) => (release.startsWith('9') ? '/var/lib/rpm' : '/usr/lib/sysimage/rpm'),
  platformId: (release: string) => `platform:el${Number.parseInt(release, 10)}`,
  repositories: (release: string, architecture: string) =>
    ['BaseOS', 'AppStream'].map((name) => ({ id: name.toLowerCase(), path: `${release}/${name}/${architecture}/os` })),
}

/** Rocky Linux's releases. Source: the release guide of its wiki, for ends of life and architectures. */
export const ROCKY = {
  title: 'Rocky Linux',
  image: 'docker.io/rockylinux/rockylinux',
  configPolicy: 'require-match',
  defaultRelease: '10',
  flavors: { minimal: '-minimal' },
  releases: {
    '9': { aliases: [], tag: '9', suite: '9', endOfLife: '2032-05-31', platforms: ALL },
    '10': { aliases: [], tag: '10', suite: '10', endOfLife: '2035-05-31', platforms: ENTERPRISE_10 },
  },
  archive: rpmArchive({
    ...ENTERPRISE,
    distribution: 'rocky',
    keys: ROCKY_KEYS,
    packages: ['bash', 'coreutils-single', 'glibc-minimal-langpack', 'microdnf', 'rocky-release'],
  }),
} as const satisfies RpmTable

/** AlmaLinux's releases. Source: the release notes of its wiki, for ends of life and architectures. */
export const ALMALINUX = {
  title: 'AlmaLinux',
  image: 'docker.io/library/almalinux',
  configPolicy: 'require-match',
  defaultRelease: '10',
  flavors: { minimal: '-minimal' },
  releases: {
    '9': { aliases: [], tag: '9', suite: '9', endOfLife: '2032-05-31', platforms: ALL },
    '10': { aliases: [], tag: '10', suite: '10', endOfLife: '2035-05-31', platforms: ALL },
  },
  archive: rpmArchive({
    ...ENTERPRISE,
    distribution: 'almalinux',
    keys: ALMALINUX_KEYS,
    packages: ['almalinux-release', 'bash', 'coreutils-single', 'glibc-minimal-langpack', 'microdnf'],
  }),
} as const satisfies RpmTable

/** CentOS Stream's releases. Source: the page about CentOS Stream of the CentOS project. */
export const CENTOS = {
  title: 'CentOS Stream',
  image: 'quay.io/centos/centos',
  configPolicy: 'require-match',
  defaultRelease: '10',
  flavors: { minimal: '-minimal' },
  releases: {
    '9': { aliases: ['stream9'], tag: 'stream9', suite: '9-stream', endOfLife: '2027-05-31', platforms: ALL },
    '10': { aliases: ['stream10'], tag: 'stream10', suite: '10-stream', endOfLife: '2030-05-31', platforms: ALL },
  },
  archive: rpmArchive({
    ...ENTERPRISE,
    distribution: 'centos',
    keys: CENTOS_KEYS,
    packages: ['bash', 'centos-stream-release', 'coreutils-single', 'glibc-minimal-langpack', 'microdnf'],
  }),
} as const satisfies RpmTable
