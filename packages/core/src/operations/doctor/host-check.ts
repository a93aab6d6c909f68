import { access, readFile, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CORE_KINDS } from '../../definition/plugin/kinds/made-base.js'
import type { RootfsKind } from '../../definition/plugin/rootfs-kind.js'
import type { Environment } from '../../host/environment.js'
import { HostError } from '../../model/errors.js'
import { parseAuthVariable } from '../../registry/auth/docker-config-file.js'
import { hintFor } from '../../report/advice.js'
import { formatBytes } from '../../report/units.js'
import { requireEmulator } from '../../rootfs/program/emulator.js'
import { hasTool } from '../../rootfs/program/tool.js'
import { type Finding, fine, warningOrError } from './finding.js'

/**
 * Checks the programs that make bases on this machine.
 *
 * @param kinds - the kinds in use; if there is none, the core's kinds are checked, and missing programs are not an
 * error.
 */
export async function checkTools(
  env: Environment,
  kinds: readonly RootfsKind[],
  uid: number | undefined,
): Promise<readonly Finding[]> {
  const isNeeded = kinds.length > 0
  const all = (isNeeded ? kinds : Object.values(CORE_KINDS)).flatMap(({ tools }) => tools)
  const tools = [...new Map(all.map((tool) => [tool.program, tool])).values()].filter(
    ({ rootless = false }) => !rootless || uid !== 0,
  )
  const found = await Promise.all(tools.map(async (tool) => ({ tool, there: await hasTool(tool, env) })))
  const missing = found.flatMap(({ tool, there }) => (there ? [] : [tool]))
  if (missing.length === 0) {
    const programs = tools.map(({ program }) => program).join(', ')
    return programs === '' ? [] : [fine('tools', `${programs} are installed, for bases made on this machine`)]
  }
  const message = `not installed: ${missing.map(({ program }) => program).join(', ')}`
  if (!isNeeded) return [fine('tools', `${message}; these pipelines do not need them`)]
  const packages = [...new Set(missing.map((tool) => tool.package))].join(' ')
  return [warningOrError('error', 'tools', message, `on Debian or Ubuntu: apt-get install ${packages}`)]
}

/**
 * Checks whether this machine runs programs of other architectures: bases from packages are made here, without a
 * builder.
 */
export async function checkPackageEmulation(architectures: readonly string[]): Promise<readonly Finding[]> {
  return Promise.all(
    architectures.map(async (architecture) => {
      const subject = `packages for ${architecture}`
      try {
        await requireEmulator(architecture)
        return fine(subject, 'this machine runs their programs')
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        return warningOrError('error', subject, error.message, error.hint ?? hintFor(error.code))
      }
    }),
  )
}

/** Free bytes below which a build of common size may fail. */
const LOW_DISK_SPACE = 1_000_000_000

/** The directory, or its nearest existing parent. */
export async function existingDirectory(path: string): Promise<string> {
  const exists = await access(path).then(
    () => true,
    () => false,
  )
  const above = dirname(path)
  return exists || above === path ? path : existingDirectory(above)
}

/** Checks the free disk space for contexts, layers and images. */
export async function checkDiskSpace(folders: readonly string[]): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    folders.map(async (folder) => {
      const room = await statfs(folder).then(
        ({ bavail, bsize }) => bavail * bsize,
        () => undefined,
      )
      if (room === undefined) return []
      const message = `${formatBytes(room)} free in ${folder}`
      if (room >= LOW_DISK_SPACE) return [fine('disk', message)]
      return [
        warningOrError(
          'warning',
          'disk',
          message,
          'free space there, for example with `docker system prune`, or use a larger disk',
        ),
      ]
    }),
  )
  return findings.flat()
}

/** Limit of open files below which parallel transfers fail. */
const LOW_FILE_LIMIT = 1_024

/**
 * Checks kernel limits, because errors of builds that exceed them do not name them.
 *
 * @param proc - the directory `/proc`
 */
export async function checkLimits(uid: number | undefined, proc = '/proc'): Promise<readonly Finding[]> {
  const limits = await readFile(join(proc, 'self/limits'), 'utf8').catch(() => '')
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.NaN)
  const setting = (name: string) => readFile(join(proc, 'sys', name), 'utf8').then(Number, () => undefined)
  const spaces = await setting('user/max_user_namespaces')
  const clone = await setting('kernel/unprivileged_userns_clone')
  return [
    ...(Number.isNaN(files) ? [] : [openFiles(files)]),
    ...(uid !== 0 && spaces === 0 ? [noNamespaces('user.max_user_namespaces=15000')] : []),
    ...(uid !== 0 && clone === 0 ? [noNamespaces('kernel.unprivileged_userns_clone=1')] : []),
  ]
}

function openFiles(count: number): Finding {
  if (count >= LOW_FILE_LIMIT) return fine('limits', `${count} open files are allowed`)
  const advice = `raise it before the run: ulimit -n ${LOW_FILE_LIMIT}`
  return warningOrError('warning', 'limits', `only ${count} open files are allowed`, advice)
}

function noNamespaces(setting: string): Finding {
  const message = 'user namespaces are disabled, but mmdebstrap requires them without root'
  return warningOrError('warning', 'limits', message, `run as root, or: sysctl ${setting}`)
}

/** Checks docker's logins in the environment, which docker ignores if it cannot read them. */
export function checkAuthVariable({ DOCKER_AUTH_CONFIG: value = '' }: Environment): readonly Finding[] {
  if (value === '') return []
  const logins = parseAuthVariable(value)
  if (logins !== undefined)
    return [fine('logins', `DOCKER_AUTH_CONFIG has logins for ${[...logins.keys()].join(', ')}`)]
  const advice = 'set it to {"auths":{"HOST":{"auth":"BASE64"}}}, or unset it'
  return [warningOrError('warning', 'logins', 'DOCKER_AUTH_CONFIG is not valid and is ignored, as by docker', advice)]
}

/** Reports the proxy in use, and settings that contradict each other. */
export function checkProxy(env: Environment): readonly Finding[] {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']
  const set = names.filter((name) => env[name] || env[name.toLowerCase()])
  const torn = names.filter((name) => {
    const [upper, lower] = [env[name], env[name.toLowerCase()]]
    return upper && lower && upper !== lower
  })
  if (torn.length > 0) {
    const message = `${torn.join(', ')} and their lower-case variants differ`
    return [
      warningOrError(
        'warning',
        'proxy',
        message,
        'set both to the same value, or only one: programs differ in which they read',
      ),
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

/** The value of a proxy variable without the login in it. */
export function withoutLogin(value: string): string {
  return value.replace(/\/\/[^/@]*@/g, '//')
}
