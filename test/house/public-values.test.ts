import { expect, test } from 'vitest'
import * as buildKit from '../../packages/core/src/builder/buildkit/index.js'
import * as cli from '../../packages/core/src/cli/index.js'
import * as plugin from '../../packages/core/src/definition/plugin/index.js'
import * as core from '../../packages/core/src/index.js'
import * as builders from '../../packages/core/src/operations/builders/index.js'
import * as images from '../../packages/core/src/operations/images/index.js'
import * as registry from '../../packages/core/src/registry/index.js'
import * as registryServer from '../../packages/core/src/registry-server/index.js'
import * as rootfs from '../../packages/core/src/rootfs/index.js'
import * as testing from '../../packages/core/src/testing/index.js'
import * as alpine from '../../packages/plugin-alpine/src/index.js'
import * as debian from '../../packages/plugin-debian/src/index.js'
import * as fedora from '../../packages/plugin-fedora/src/index.js'
import * as raspbian from '../../packages/plugin-raspbian/src/index.js'
import * as ubuntu from '../../packages/plugin-ubuntu/src/index.js'
import { readText, repositoryFiles, SOURCES } from './repository.js'

/**
 * What users can call or compare with, by entry. Adding to it is a promise: each needs documentation and an example.
 */
const DOORS: readonly (readonly [name: string, door: object, values: readonly string[]])[] = [
  [
    '@polyarch/core',
    core,
    [
      'CancelledError',
      'DefinitionError',
      'EngineError',
      'HostError',
      'PolyarchError',
      'RegistryError',
      'execute',
      'fromImage',
      'lock',
      'pipeline',
      'plan',
      'platform',
      'prune',
      'run',
    ],
  ],
  [
    '@polyarch/core/plugin',
    plugin,
    ['defineBase', 'defineDistribution', 'definePlugin', 'formatPlatform', 'keyIssues', 'mirrorIssue'],
  ],
  ['@polyarch/core/builders', builders, ['builderManifests', 'createBuilder', 'listBuilders', 'removeBuilder']],
  ['@polyarch/core/images', images, ['assemble', 'copy', 'inspect', 'promote', 'remove', 'tags']],
  [
    '@polyarch/core/registry',
    registry,
    ['createRegistry', 'dockerConfigCredentials', 'firstCredentials', 'parseReference', 'staticCredentials'],
  ],
  [
    '@polyarch/core/buildkit',
    buildKit,
    ['GrpcError', 'SolveError', 'agentOfKeys', 'agentSocket', 'connectBuildKit', 'memoryDirectory', 'solve'],
  ],
  ['@polyarch/core/cli', cli, ['baseOfDockerfile', 'printNote', 'printResult', 'runStandalone']],
  ['@polyarch/core/registry-server', registryServer, ['runningRegistry', 'startRegistry']],
  [
    '@polyarch/core/rootfs',
    rootfs,
    [
      'ROOTLESS_TOOLS',
      'download',
      'downloadIfThere',
      'makeRoot',
      'makeTempFolder',
      'openArchive',
      'requireTool',
      'streamProgram',
    ],
  ],
  ['@polyarch/core/testing', testing, ['checkPublished', 'pluginContract']],
  ['@polyarch/plugin-alpine', alpine, ['alpine', 'apk']],
  ['@polyarch/plugin-debian', debian, ['debian', 'devuan', 'kali', 'raspios']],
  ['@polyarch/plugin-fedora', fedora, ['dnf', 'fedora']],
  ['@polyarch/plugin-raspbian', raspbian, ['raspbian']],
  ['@polyarch/plugin-ubuntu', ubuntu, ['ubuntu']],
]

test.each(DOORS)('%s exports these values and no others', (_, door, names) => {
  expect(Object.keys(door).sort()).toEqual(names)
})

test('each function has an example if it is declared', () => {
  const sources = repositoryFiles(SOURCES).map(readText).join('\n')
  const without = DOORS.flatMap(([, door]) => Object.keys(door))
    .filter((name) => /^[a-z]/.test(name))
    .filter((name) => {
      const documented = new RegExp(
        `/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*export (?:(?:async )?function|const) ${name}\\b`,
        'g',
      )
      return ![...sources.matchAll(documented)].some(([, text = '']) => text.includes('@example'))
    })
  expect(without).toEqual([])
})
