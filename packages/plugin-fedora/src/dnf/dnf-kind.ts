import type { RootfsKind } from '@polyarch/core/plugin'
import { DNF_TOOLS, type DnfSource, describeDnfSource, dnfSourceIssues } from './dnf-source.js'

/** RPM's architectures, as platforms name them. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  x86_64_v2: 'amd64',
  i686: '386',
  aarch64: 'arm64',
  armv7hl: 'arm',
}

/**
 * Bases that dnf makes from an archive of RPM packages. Its indexes are compared by hash, and packages are verified with the
 * keys of the source.
 *
 * @example
 * ```ts
 * source: ({ options: { mirror } }) => ({ kind: 'made', by: dnf, source: { ...tinyLinux, mirror } })
 * ```
 */
export const dnf: RootfsKind<DnfSource, 'dnf'> = {
  name: 'dnf',

  tools: [
    ...DNF_TOOLS,
    { program: 'newuidmap', package: 'uidmap', rootless: true },
    { program: 'newgidmap', package: 'uidmap', rootless: true },
  ],

  issues: dnfSourceIssues,

  describe: describeDnfSource,

  architecture: ({ architecture }) => ARCHITECTURES[architecture] ?? architecture,

  lockName: ({ distribution, release, architecture, repositories }) =>
    [distribution, release, architecture, repositories.map(({ id }) => id).join('+')].join('/'),

  inputs(source, { date, ...indexes }) {
    const { distribution, release, architecture, packages, database, platformId } = source
    const sorted = [...packages].sort()
    return { distribution, release, architecture, packages: sorted, database, platformId, indexes, date: Number(date) }
  },

  load: async () => (await import('./dnf.js')).dnfImplementation,
}
