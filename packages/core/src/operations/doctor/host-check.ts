import { access, constants, readFile, statfs } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { formatBytes } from '../../report/units.js'
import { type Finding, fine, trouble } from './finding.js'

/** The environment, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What is needed to make bases from packages. */
const TOOLS = ['mmdebstrap', 'arch-test', 'xz', 'zstd']
const PACKAGES: Readonly<Record<string, string>> = { xz: 'xz-utils' }

/** Looks for the programs that make bases from packages. */
export async function checkTools(env: Environment, isNeeded: boolean): Promise<readonly Finding[]> {
  const folders = (env['PATH'] ?? '').split(delimiter)
  const found = await Promise.all(TOOLS.map(async (tool) => ({ tool, there: await isOnPath(tool, folders) })))
  const missing = found.filter(({ there }) => !there).map(({ tool }) => tool)
  if (missing.length === 0) return [fine('tools', `${TOOLS.join(', ')} are there, for bases from packages`)]
  const message = `not installed: ${missing.join(', ')}`
  if (!isNeeded) return [fine('tools', `${message}; nothing here needs them`)]
  const packages = missing.map((tool) => PACKAGES[tool] ?? tool).join(' ')
  return [trouble('problem', 'tools', message, `on Debian or Ubuntu: apt-get install ${packages}`)]
}

async function isOnPath(tool: string, folders: readonly string[]): Promise<boolean> {
  const tries = await Promise.all(
    folders.map((folder) =>
      access(join(folder, tool), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  )
  return tries.includes(true)
}

/** Bytes below which a build of common size does not fit. */
const LITTLE_ROOM = 2_000_000_000

/** Looks whether there is room for contexts, layers and images. */
export async function checkRoom(folders: readonly string[]): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    folders.map(async (folder) => {
      const room = await statfs(folder).then(
        ({ bavail, bsize }) => bavail * bsize,
        () => undefined,
      )
      if (room === undefined) return []
      const message = `${formatBytes(room)} free in ${folder}`
      if (room >= LITTLE_ROOM) return [fine('disk', message)]
      return [
        trouble('warning', 'disk', message, 'make room there, by `docker system prune` too, or take a larger disk'),
      ]
    }),
  )
  return findings.flat()
}

/** Files that a process may have open, below which parallel transfers run out. */
const FEW_FILES = 1_024

/** Looks at limits of the kernel that make builds fail in ways that do not name them. */
export async function checkLimits(uid: number | undefined): Promise<readonly Finding[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.NaN)
  const open = Number.isNaN(files)
    ? []
    : files < FEW_FILES
      ? [
          trouble(
            'warning',
            'limits',
            `only ${files} open files are allowed`,
            `raise it before the run: ulimit -n ${FEW_FILES}`,
          ),
        ]
      : [fine('limits', `${files} open files are allowed`)]
  const spaces = await readFile('/proc/sys/user/max_user_namespaces', 'utf8').catch(() => undefined)
  const hasNone = uid !== 0 && spaces !== undefined && Number(spaces) === 0
  if (!hasNone) return open
  const message = 'user namespaces are switched off, which mmdebstrap needs without root'
  return [...open, trouble('warning', 'limits', message, 'run as root, or: sysctl user.max_user_namespaces=15000')]
}

/** Says which proxy is used, and where its settings contradict each other. */
export function checkProxy(env: Environment): readonly Finding[] {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const set = names.filter((name) => env[name] || env[name.toLowerCase()])
  const torn = names.filter((name) => {
    const [upper, lower] = [env[name], env[name.toLowerCase()]]
    return upper && lower && upper !== lower
  })
  if (torn.length > 0) {
    const message = `${torn.join(', ')} and the same in lower case say different things`
    return [
      trouble('warning', 'proxy', message, 'set both to the same, or one alone: programs differ in which they read'),
    ]
  }
  if (set.length === 0) return [fine('proxy', 'none is set')]
  return [
    fine(
      'proxy',
      set.map((name) => `${name} is ${withoutLogin(env[name] || env[name.toLowerCase()] || '')}`).join(', '),
    ),
  ]
}

function withoutLogin(value: string): string {
  return value.replace(/\/\/[^/@]*@/g, '//')
}
