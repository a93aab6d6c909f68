import { shownLocation } from '../../../model/shown-location.js'
import type { RootfsBase } from '../base-source.js'
import type { RootfsKind } from '../rootfs-kind.js'
import { textIssues } from './field-checks.js'

/** Bases from a published root file system archive. The source has its hash, so that its state is pinned. */
export const archiveKind: RootfsKind<RootfsBase> = {
  name: 'rootfs',

  tools: [
    { program: 'xz', package: 'xz-utils' },
    { program: 'zstd', package: 'zstd' },
  ],

  issues: (data) => [
    ...textIssues(data, 'location'),
    ...(typeof data['sha256'] === 'string' && /^[a-f0-9]{64}$/i.test(data['sha256'])
      ? []
      : ['sha256 must be 64 hex digits']),
  ],

  describe: ({ location }) => shownLocation(location),

  architecture: () => undefined,

  // Without credentials, because the lock is in version control.
  lockName: ({ location }) => shownLocation(location),

  pinnedState: ({ sha256 }) => ({ sha256: sha256.toLowerCase() }),

  inputs: (_source, { sha256 }) => ({ sha256 }),

  load: async () => (await import('../../../rootfs/archive.js')).archive,
}
