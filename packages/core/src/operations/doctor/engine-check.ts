import { readFile } from 'node:fs/promises'
import { missingBinfmtEntry } from '../../engine/emulators.js'
import type { Engine, EngineInfo } from '../../engine/port.js'
import { PolyarchError } from '../../model/errors.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { executionOn } from '../../plan/preflight.js'
import { type Finding, fine, trouble } from './finding.js'

const BINFMT = '/proc/sys/fs/binfmt_misc'

/** Looks at the engine, and at how it would run each platform. */
export async function checkEngine(
  engine: Engine,
  platforms: readonly Platform[],
  signal: AbortSignal | undefined,
): Promise<readonly Finding[]> {
  try {
    const info = await engine.info({ signal })
    const store = info.imageStore === 'containerd' ? 'containerd image store' : 'graph driver image store'
    const message = `Docker ${info.version} at ${info.address}, API ${info.apiVersion}, BuildKit, ${store}, ${formatPlatform(info.native)}`
    return [fine('engine', message), ...(await Promise.all(platforms.map((platform) => checkPlatform(platform, info))))]
  } catch (error) {
    if (!(error instanceof PolyarchError) || error.code === 'CANCELLED') throw error
    const advice = error.hint ?? 'start Docker, or set DOCKER_HOST to an engine'
    return [trouble('problem', 'engine', error.message, advice)]
  }
}

async function checkPlatform(platform: Platform, info: EngineInfo): Promise<Finding> {
  const subject = `platform ${formatPlatform(platform)}`
  const entry = missingBinfmtEntry(platform)
  const execution = executionOn(info, platform)
  if (execution === 'native') return fine(subject, 'runs natively')
  if (execution === undefined) {
    const what =
      entry === undefined ? 'no emulator is known for it' : `the binfmt_misc entry '${entry}' is missing there`
    return trouble('problem', subject, `cannot run on the engine: ${what}`, registering(platform))
  }
  const flags = entry === undefined || !isLocal(info) ? undefined : await readFlags(entry)
  if (flags === undefined) return fine(subject, 'runs by emulation')
  if (flags.includes('F')) return fine(subject, `runs by emulation (${entry})`)
  const message = `'${entry}' is registered without the flag F (fix binary), so its emulator is not found inside containers`
  return trouble('problem', subject, message, registering(platform))
}

function registering(platform: Platform): string {
  const { architecture } = platform
  return `on the engine's machine: docker run --privileged --rm tonistiigi/binfmt --install ${architecture}, or on Debian: apt-get install --reinstall qemu-user-static; or use an engine that runs it natively`
}

/** An engine behind a socket shares this machine's kernel, save where it is a virtual machine's: then there is no entry to read. */
function isLocal({ address }: EngineInfo): boolean {
  return address.startsWith('unix://')
}

async function readFlags(entry: string): Promise<string | undefined> {
  const text = await readFile(`${BINFMT}/${entry}`, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (/^flags: ?(.*)$/m.exec(text)?.[1] ?? '')
}
