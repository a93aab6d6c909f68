import type { RootfsKind } from '@polyarch/core/plugin'
import { type MinirootfsSource, minirootfsSourceIssues } from './minirootfs-source.js'

/**
 * Bases from the newest root file system archive that the list of a branch names, with its checksum. Mirrors keep former
 * archives, so that a locked one can be used after a newer one has been published.
 */
export const minirootfs: RootfsKind<MinirootfsSource, 'minirootfs'> = {
  name: 'minirootfs',

  tools: [],

  keepsStates: true,

  issues: minirootfsSourceIssues,

  describe: ({ branch, architecture }) => `alpine ${branch} ${architecture} (minirootfs)`,

  architecture: () => undefined,

  lockName: ({ branch, architecture }) => ['alpine', branch, architecture, 'minirootfs'].join('/'),

  inputs: ({ branch, architecture }, { date, ...archive }) => ({ branch, architecture, archive, date: Number(date) }),

  load: async () => (await import('./minirootfs.js')).minirootfsImplementation,
}
