import { readFile } from 'node:fs/promises'
import { missingBinfmtEntry } from '../../builder/docker/emulators.js'
import type { Builder, BuilderInfo } from '../../builder/port.js'
import { PolyarchError } from '../../model/errors.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { executionOn } from '../../plan/execution-on.js'
import { type DockerProxies, proxiesFor } from '../../registry/auth/docker-proxies.js'
import { type Finding, fine, warningOrError } from './finding.js'
import { checkDiskSpace, withoutLogin } from './host-check.js'

const BINFMT = '/proc/sys/fs/binfmt_misc'

/** Options of the builder checks. */
export interface PlatformCheckOptions {
  readonly signal?: AbortSignal | undefined
  /** The folder of binfmt_misc. */
  readonly binfmt?: string
  /** Proxies in docker's configuration. */
  readonly proxies?: DockerProxies
}

/** Checks the builders, the disk space of those on this machine, and how they would run each platform. */
export async function checkPlatforms(
  builders: readonly Builder[],
  platforms: readonly Platform[],
  { signal, binfmt = BINFMT, proxies = new Map() }: PlatformCheckOptions,
): Promise<readonly Finding[]> {
  const queried = await Promise.all(builders.map((builder) => queryBuilder(builder, signal)))
  const infos = queried.flatMap((one) => ('info' in one ? [one.info] : []))
  // A run can use the other builders.
  const state = infos.length > 0 ? 'warning' : 'error'
  const answers = queried.map((one) => {
    if ('info' in one) return fine('builder', describe(one.info))
    return warningOrError(
      state,
      'builder',
      one.error.message,
      one.error.hint ?? 'start Docker, or set DOCKER_HOST to a Docker Engine',
    )
  })
  const runs = await Promise.all(platforms.map((platform) => checkOnAll(platform, infos, binfmt)))
  const proxied = infos.flatMap(({ address }) => buildProxies(proxies, address))
  return [...answers, ...proxied, ...runs.flat(), ...(await checkDiskSpace(localFolders(infos)))]
}

function buildProxies(proxies: DockerProxies, address: string): readonly Finding[] {
  const values = Object.entries(proxiesFor(proxies, address))
  if (values.length === 0) return []
  const shown = values.map(([name, value]) => `${name}=${withoutLogin(value)}`).join(', ')
  return [fine('proxy', `builds on ${address} get ${shown} from docker's config.json`)]
}

async function queryBuilder(
  builder: Builder,
  signal: AbortSignal | undefined,
): Promise<{ readonly info: BuilderInfo } | { readonly error: PolyarchError }> {
  try {
    return { info: await builder.describe({ signal }) }
  } catch (error) {
    if (!(error instanceof PolyarchError) || error.code === 'CANCELLED') throw error
    return { error }
  }
}

function describe({ version, address, apiVersion, imageStore, native, product }: BuilderInfo): string {
  if (apiVersion === undefined) return `BuildKit ${version} at ${address}, ${formatPlatform(native)}`
  const store = imageStore === 'containerd' ? 'containerd image store' : 'graph driver image store'
  const name = product === undefined ? 'Docker' : product === 'rootless' ? 'rootless Docker' : `${product}, Docker`
  return `${name} ${version} at ${address}, API ${apiVersion}, BuildKit, ${store}, ${formatPlatform(native)}`
}

function localFolders(infos: readonly BuilderInfo[]): readonly string[] {
  return infos.filter(isLocal).flatMap(({ dataRoot }) => (dataRoot === undefined ? [] : [dataRoot]))
}

/** One builder that runs the platform is enough. */
async function checkOnAll(
  platform: Platform,
  infos: readonly BuilderInfo[],
  binfmt: string,
): Promise<readonly Finding[]> {
  const found = await Promise.all(infos.map((info) => checkPlatform(platform, info, binfmt)))
  const able = found.flatMap(({ state, subject, message }, at) =>
    state === 'ok' ? [{ subject, message: infos.length > 1 ? `${message} on ${infos[at]?.address}` : message }] : [],
  )
  const [first] = able
  return first === undefined ? found : [fine(first.subject, able.map(({ message }) => message).join(', '))]
}

async function checkPlatform(platform: Platform, info: BuilderInfo, binfmt: string): Promise<Finding> {
  const subject = `platform ${formatPlatform(platform)}`
  const entry = missingBinfmtEntry(platform)
  const execution = executionOn(info, platform)
  if (execution === 'native') return fine(subject, 'runs natively')
  const registered = entry === undefined || !isLocal(info) ? undefined : await readEntry(binfmt, entry)
  if (registered?.isOff) {
    return warningOrError(
      'error',
      subject,
      `'${entry}' is registered but disabled`,
      `as root: echo 1 > ${BINFMT}/${entry}`,
    )
  }
  if (registered?.flags.includes('F') === false) {
    const message = `'${entry}' is registered without the flag F (fix binary), so containers cannot use its emulator`
    return warningOrError('error', subject, message, registering(platform))
  }
  if (execution !== undefined) return fine(subject, `runs by emulation${registered === undefined ? '' : ` (${entry})`}`)
  const what =
    entry === undefined ? 'no emulator is known for this platform' : whatIsMissing(entry, registered !== undefined)
  return warningOrError(
    'error',
    subject,
    `cannot run on the builder at ${info.address}: ${what}`,
    registering(platform),
  )
}

function whatIsMissing(entry: string, isRegistered: boolean): string {
  return isRegistered
    ? `the binfmt_misc entry '${entry}' exists, but its emulator does not work`
    : `the binfmt_misc entry '${entry}' is missing`
}

function registering(platform: Platform): string {
  const { architecture } = platform
  return `on the builder's machine: docker run --privileged --rm tonistiigi/binfmt --install ${architecture}, or on Debian: apt-get install --reinstall qemu-user-static; or use a builder that runs it natively. Builds that use RUN only in stages for $BUILDPLATFORM need none`
}

/**
 * An engine behind a local socket shares this machine's kernel, unless it runs in a virtual machine: then there is no
 * entry.
 */
function isLocal({ address }: BuilderInfo): boolean {
  return address.startsWith('unix://')
}

/** @see https://docs.kernel.org/admin-guide/binfmt-misc.html */
async function readEntry(
  binfmt: string,
  entry: string,
): Promise<{ readonly flags: string; readonly isOff: boolean } | undefined> {
  const text = await readFile(`${binfmt}/${entry}`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  return { flags: /^flags: ?(.*)$/m.exec(text)?.[1] ?? '', isOff: text.startsWith('disabled') }
}
