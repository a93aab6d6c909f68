import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { runProgram } from '../support/child.js'
import { Cleanup } from '../support/cleanup.js'
import { freePort } from '../support/free-port.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import type { CloneOptions, CloneResult } from './build-clone.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const SCRIPT = fileURLToPath(new URL('./build-clone.ts', import.meta.url))
/** Timeout in milliseconds: the test installs two versions of Node and builds each clone in a separate process. */
const LONG = 600_000

/** The environment in which a clone is built. */
interface Machine {
  readonly name: string
  /** Major version of Node. Default: the version that runs the tests. */
  readonly node?: number
  readonly timeZone: string
  readonly locale: string
  /** Octal. */
  readonly umask: string
  readonly user: 'root' | 'nobody'
}

const MACHINES: readonly Machine[] = [
  { name: 'first', timeZone: 'UTC', locale: 'C', umask: '022', user: 'root' },
  { name: 'other/second', node: 22, timeZone: 'Asia/Tokyo', locale: 'tr_TR.UTF-8', umask: '077', user: 'root' },
  { name: 'third one', node: 24, timeZone: 'America/St_Johns', locale: 'de_DE.UTF-8', umask: '002', user: 'nobody' },
]

/** Installs a Node version from an npm package that contains only the program, and returns its path. */
async function nodeProgram(folder: string, major: number | undefined): Promise<string> {
  if (major === undefined) return process.execPath
  const prefix = join(folder, `node-${major}`)
  await mkdir(prefix)
  const name = `node@npm:node-linux-${process.arch}@${major}`
  await runProgram('npm', ['install', '--silent', '--no-save', '--prefix', prefix, name])
  return join(prefix, 'node_modules/node/bin/node')
}

async function buildOn(machine: Machine, program: string, options: CloneOptions): Promise<CloneResult> {
  const { timeZone, locale, umask, user } = machine
  const env = {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    TZ: timeZone,
    LC_ALL: locale,
    SOURCE_DATE_EPOCH: '1700000000',
  }
  const args = ['-c', `umask ${umask}; exec "$@"`, 'sh']
  const command = [program, '--import', 'tsx', SCRIPT, JSON.stringify(options)]
  const asUser = user === 'root' ? [] : ['setpriv', '--reuid', user, '--regid', 'nogroup', '--clear-groups']
  const { stdout } = await runProgram('sh', [...args, ...asUser, ...command], { env })
  return JSON.parse(stdout) as CloneResult
}

it(
  'clones on different machines have equal keys and equal index digests',
  async () => {
    await using cleanup = new Cleanup()
    const { path } = cleanup.use(await tempFolder('clones'))
    const { address, socketPath } = cleanup.use(await newerEngine())
    // The user `nobody` needs access to these paths.
    for (const [place, mode] of [
      [path, 0o755],
      [dirname(socketPath), 0o755],
      [socketPath, 0o666],
    ] as const) {
      await chmod(place, mode)
    }
    const origin = await writeContext(join(path, 'origin'), 'ARG BASE_IMAGE\nARG SOURCE_DATE_EPOCH\nFROM ${BASE_IMAGE}')
    const port = await freePort()
    const results: CloneResult[] = []
    for (const machine of MACHINES) {
      const program = await nodeProgram(path, machine.node)
      const directory = join(path, machine.name)
      await runProgram('sh', [
        '-c',
        `umask ${machine.umask}; mkdir -p "$(dirname "$2")"; cp -r --no-preserve=mode "$1" "$2"; chmod +x "$2/say"`,
        'sh',
        origin,
        directory,
      ])
      if (machine.user === 'nobody') await runProgram('chown', ['-R', 'nobody', directory])
      // The registry is empty but has the same address, so everything is built and published again.
      await using registry = await startRegistry({ directory: join(path, `registry ${results.length}`), port })
      const bases = [
        await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 }),
        await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM }),
      ] as const
      results.push(await buildOn(machine, program, { directory, host: registry.host, bases, engine: address }))
    }
    const [first] = results
    expect(first?.keys).toHaveLength(2)
    for (const { keys, digests } of results)
      expect({ keys, digests }).toEqual({ keys: first?.keys, digests: first?.digests })
    // The machines differed.
    for (const what of ['node', 'timeZone', 'umask'] as const) {
      expect(new Set(results.map(({ machine }) => machine[what])).size).toBe(MACHINES.length)
    }
    expect(new Set(results.map(({ machine }) => machine.user)).size).toBe(2)
  },
  LONG,
)
