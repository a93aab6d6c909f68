import { existsSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { AptBase } from '../../definition/plugin/base-source.js'
import type { RootfsCall, UsedArchive } from '../../definition/plugin/rootfs-kind.js'
import type { Environment } from '../../host/environment.js'
import { HostError } from '../../model/errors.js'
import { type StreamedProgram, streamProgram } from '../program/streamed-program.js'
import { requireTool } from '../program/tool.js'
import { type NativeTools, nativeToolHooks, withNativeTools } from './native-tools.js'
import { lendPackages } from './package-lender.js'
import { type Trust, trustOnly } from './trusted-keys.js'

const INSTALL_HINT = "install it (on Debian and Ubuntu: apt-get install mmdebstrap), or set source: 'registry'"

/**
 * Merges /usr from the start if the suite has it merged, like the official images. Without the hook, which old versions
 * of mmdebstrap lack, the package usrmerge does it and stays in the base, with Perl.
 */
const MERGED_USR = '/usr/share/mmdebstrap/hooks/maybe-merged-usr'

/** Files that mmdebstrap copies from this machine: they would be published, and differ between machines. */
const REMOVE_HOST_FILES = 'rm -f "$1/etc/hostname" "$1/etc/resolv.conf"'

/** dpkg's backup of its status depends on the number of its runs, and so on whether native programs help. */
const REMOVE_BACKUP = 'rm -f "$1/var/lib/dpkg/status-old"'

/** Requires mmdebstrap. @throws HostError TOOL_MISSING */
export function requireMmdebstrap(env: Environment): Promise<void> {
  return requireTool('mmdebstrap', INSTALL_HINT, env)
}

/** A root file system to make. */
interface RootfsRequest {
  readonly source: AptBase
  readonly archive: UsedArchive
  /** Speeds up a root of a foreign architecture. */
  readonly tools?: NativeTools | undefined
}

/**
 * Makes a root file system and passes its tar to a consumer.
 *
 * @throws HostError ROOTFS_FAILED with the end of mmdebstrap's output; CancelledError
 * @see https://manpages.debian.org/bookworm/mmdebstrap/mmdebstrap.1.en.html
 */
export async function runMmdebstrap<Result>(
  { source, archive: { mirror, epoch }, tools }: RootfsRequest,
  { signal, onEvent, env: given, packageCache }: RootfsCall,
  consume: (tar: Readable) => Promise<Result>,
): Promise<Result> {
  await using trust = await trustOnly(source)
  await using packages = packageCache === undefined ? undefined : await lendPackages(packageCache)
  const own = tools === undefined ? given : withNativeTools(given)
  const env = packages === undefined ? own : packages.addTo(own)
  const program: StreamedProgram = {
    command: ['mmdebstrap', ...trust.arguments, ...mmdebstrapArguments(source, mirror, tools)],
    env: { ...env, SOURCE_DATE_EPOCH: String(epoch), LC_ALL: 'C.UTF-8' },
    signal,
    onLine: (line) => {
      const phase = /^I: (?!running )(.*)$/.exec(line)?.[1]
      if (phase !== undefined) onEvent?.({ kind: 'rootfs-progress', phase })
    },
    failure: (lines) => rootfsFailed(source, lines, trust),
  }
  const result = await streamProgram(program, consume)
  await packages?.keep()
  return result
}

/**
 * The archive is always passed as the line of sources.list: mmdebstrap otherwise adds suites and, if this machine has
 * one, the path of a keyring.
 */
function mmdebstrapArguments(source: AptBase, mirror: string, tools?: NativeTools): readonly string[] {
  const { variant, architecture, components, packages, suite, isFrozen, overlays = [] } = source
  return [
    `--variant=${variant}`,
    `--architectures=${architecture}`,
    ...(packages.length > 0 ? [`--include=${packages.join(',')}`] : []),
    '--aptopt=APT::Install-Recommends "false"',
    ...(isFrozen ? ['--aptopt=Acquire::Check-Valid-Until "false"'] : []),
    ...(existsSync(MERGED_USR) ? [`--hook-dir=${MERGED_USR}`, ...(tools ? nativeToolHooks(tools) : [])] : []),
    `--customize-hook=${REMOVE_HOST_FILES}`,
    `--customize-hook=${REMOVE_BACKUP}`,
    '--format=tar',
    '--',
    suite,
    '-',
    `deb ${mirror} ${suite} ${components.join(' ')}`,
    ...overlays.map((one) => `deb ${one.mirror.replace(/(?<!\/)\/+$/, '')} ${one.suite} ${one.components.join(' ')}`),
  ]
}

function rootfsFailed({ distribution, suite, architecture }: AptBase, lines: string, trust: Trust): HostError {
  const what = `${distribution} ${suite} ${architecture}`
  return new HostError('ROOTFS_FAILED', `mmdebstrap could not make ${what}:\n${lines}`, {
    hint: `check the package names, the mirror, and that ${trust.text} signs this archive`,
  })
}
