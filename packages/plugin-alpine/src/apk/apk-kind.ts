import type { RootfsKind } from '@polyarch/core/plugin'
import { type ApkSource, apkSourceIssues, describeApkSource } from './apk-source.js'

/** Alpine's architectures, as platforms name them. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86: '386',
  x86_64: 'amd64',
  armhf: 'arm',
  armv7: 'arm',
  aarch64: 'arm64',
  loongarch64: 'loong64',
}

/**
 * Bases from an archive of apk packages. The packages are selected, verified and unpacked here, so that no program of
 * Alpine's is required; their scripts run in the base.
 *
 * @example
 * ```ts
 * source: ({ options: { mirror } }) => ({ kind: 'made', by: apk, source: { ...tinyLinux, mirror } })
 * ```
 */
export const apk: RootfsKind<ApkSource, 'apk'> = {
  name: 'apk',

  tools: [
    { program: 'newuidmap', package: 'uidmap', rootless: true },
    { program: 'newgidmap', package: 'uidmap', rootless: true },
  ],

  issues: apkSourceIssues,

  describe: describeApkSource,

  architecture: ({ architecture }) => ARCHITECTURES[architecture] ?? architecture,

  lockName: ({ distribution, branch, architecture, repositories }) =>
    [distribution, branch, architecture, repositories.join('+')].join('/'),

  inputs({ distribution, branch, architecture, packages }, { date, ...indexes }) {
    return { distribution, branch, architecture, packages: [...packages].sort(), indexes, date: Number(date) }
  },

  load: async () => (await import('./apk.js')).apkImplementation,
}
