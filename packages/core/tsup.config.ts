import { defineConfig, type Options } from 'tsup'
import { commonJs } from './common-js.js'
import { leaveOut } from './leave-out.js'
import { licenseNotices } from './license-notices.js'
import { mergeChunks } from './merge-chunks.js'

/** What all doors share, what a definition loads, what a run loads that finds nothing to do, and what its command line adds. */
const GROUPS = [
  { file: 'shared.js', entries: [] },
  { file: 'definition.js', entries: ['index.js'] },
  { file: 'operation.js', entries: ['execute-', 'plan-', 'http-registry-', 'parse-', 'git-origin-'] },
  { file: 'command-line.js', entries: ['main-'] },
]
const DOORS = ['buildkit/index.js', 'registry-server/index.js']

/**
 * Packages that dockerode loads for calls that are not made: its own builds, archives and ssh. Loading them takes five
 * times as long as the rest of dockerode, so dockerode is bundled without them.
 */
const UNUSED_BY_DOCKERODE = ['ssh2', '@grpc/grpc-js', '@grpc/proto-loader', 'tar-fs']

const entry = {
  index: 'src/index.ts',
  'buildkit/index': 'src/builder/buildkit/index.ts',
  'builders/index': 'src/operations/builders/index.ts',
  'cli/index': 'src/cli/index.ts',
  'images/index': 'src/operations/images/index.ts',
  'plugin/index': 'src/definition/plugin/index.ts',
  'registry/index': 'src/registry/index.ts',
  'registry-server/index': 'src/registry-server/index.ts',
  'rootfs/index': 'src/rootfs/index.ts',
  'testing/index': 'src/testing/index.ts',
}

const code: Options = {
  entry,
  format: 'esm',
  target: 'node20',
  // The manifest of canonicalize has no entry for `require`.
  noExternal: ['canonicalize', ...UNUSED_BY_DOCKERODE],
  esbuildPlugins: [
    leaveOut({ packages: UNUSED_BY_DOCKERODE, importers: ['dockerode', 'docker-modem'] }),
    licenseNotices('third-party-licenses.txt'),
  ],
  clean: true,
  splitting: true,
  plugins: [commonJs((folder) => mergeChunks({ folder, groups: GROUPS, kept: ['index.js'], doors: DOORS }))],
}

const types: Options = {
  entry,
  format: ['esm', 'cjs'],
  // TypeScript 6 and newer take no types by themselves, and a folder made by `npm init` has no tsconfig that names node's.
  dts: {
    only: true,
    banner: '/// <reference types="node" />',
    compilerOptions: { ignoreDeprecations: '6.0', paths: {} },
  },
}

// With --no-dts, the second would write code again.
export default defineConfig(({ dts }) => (dts === false ? [code] : [code, types]))
