import type { Readable } from 'node:stream'
import type { Environment } from '../../host/environment.js'
import { type StreamedProgram, streamProgram } from './streamed-program.js'
import { requireTool } from './tool.js'

/** A shell script that fills a root file system. */
export interface RootScript extends Omit<StreamedProgram, 'command'> {
  /** Shell commands. `$root` is the folder to fill, with /dev; `$TMPDIR` is a temporary folder. */
  readonly script: string
  /** Its positional parameters, from `$1` on. */
  readonly parameters?: readonly string[]
  /** Seconds since the epoch: no file has a later time. */
  readonly epoch: number
}

/** Devices that programs in a root require. */
const DEVICES = 'null zero full random urandom tty'

/** Mounts devices if this user may mount, else creates them. If both fail, programs cannot run. */
const ADD_DEVICES = `root=$TMPDIR/root
mkdir -m 755 "$root" "$root/dev" "$root/proc"
device() {
  : >"$root/dev/$1"
  mount --bind "/dev/$1" "$root/dev/$1" 2>/dev/null && return
  rm "$root/dev/$1"
  cp -a "/dev/$1" "$root/dev/$1"
}
for name in ${DEVICES}; do device $name; done
mount --rbind /proc "$root/proc" 2>/dev/null || true`

/**
 * Packs the root as a reproducible tar: sorted, with numeric owners and clamped times. Capabilities of files are kept.
 */
const PACK = `umount -l "$root/proc" 2>/dev/null || true
for name in ${DEVICES}; do umount "$root/dev/$name" 2>/dev/null || true; rm -f "$root/dev/$name"; done
rm -rf "$root"/tmp/* "$root"/run/*
exec tar --create --file=- --directory="$root" --sort=name --numeric-owner --one-file-system \
  --mtime="@$SOURCE_DATE_EPOCH" --clamp-mtime --format=pax \
  --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
  --xattrs --xattrs-include=security.capability .`

/**
 * Runs a script as root, or as root of a user namespace, and passes the root file system that it made to a consumer, as
 * a tar. Equal files give equal bytes.
 *
 * @throws HostError TOOL_MISSING; the error of `failure`; CancelledError
 * @example
 * ```ts
 * const script = 'dnf --assumeyes --installroot="$root" install "$@"'
 * return await makeRoot({ script, parameters: packages, epoch, env: call.env, signal, failure }, store)
 * ```
 */
export async function makeRoot<Result>(
  { script, parameters = [], epoch, env, ...others }: RootScript,
  consume: (tar: Readable) => Promise<Result>,
): Promise<Result> {
  const whole = ['set -eu', ADD_DEVICES, '{', script, '} >&2', PACK].join('\n')
  const command = [...(await asRoot(env)), 'sh', '-c', whole, 'sh', ...parameters]
  const program = {
    ...others,
    command,
    env: { ...env, SOURCE_DATE_EPOCH: String(epoch), LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  }
  return streamProgram(program, consume)
}

/** Programs for making a root without being root, with their packages. */
export const ROOTLESS_TOOLS = [
  { program: 'newuidmap', package: 'uidmap', rootless: true },
  { program: 'newgidmap', package: 'uidmap', rootless: true },
] as const

async function asRoot(env: Environment): Promise<readonly string[]> {
  if (process.getuid?.() === 0) return []
  for (const tool of ROOTLESS_TOOLS) {
    await requireTool(
      tool.program,
      `install it (on Debian and Ubuntu: apt-get install ${tool.package}), or run as root`,
      env,
    )
  }
  return ['unshare', '--user', '--map-root-user', '--map-auto', '--mount', '--']
}
