import { access } from 'node:fs/promises'
import { arch } from 'node:os'
import { missingBinfmtEntry } from '../../builder/docker/emulators.js'
import { HostError } from '../../model/errors.js'

/** Architectures that a machine runs natively, by Node.js's name of the machine. */
const NATIVE: Readonly<Record<string, readonly string[]>> = {
  x64: ['amd64', '386'],
  arm64: ['arm64', 'arm'],
  arm: ['arm'],
  ppc64: ['ppc64le'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
  loong64: ['loong64'],
}

/** Whether this machine runs programs of an architecture without an emulator. */
export function runsNatively(architecture: string): boolean {
  return NATIVE[arch()]?.includes(architecture) ?? false
}

/**
 * Requires that this machine can run programs of an architecture, for the scripts of packages.
 *
 * @param architecture - as platforms name it: `arm`, not `armhf`.
 * @throws HostError PLATFORM_NOT_RUNNABLE
 */
export async function requireEmulator(architecture: string): Promise<void> {
  if (runsNatively(architecture)) return
  const entry = missingBinfmtEntry({ os: 'linux', architecture })
  if (entry !== undefined && (await isRegistered(entry))) return
  throw new HostError(
    'PLATFORM_NOT_RUNNABLE',
    `this machine cannot run ${architecture} programs, which its packages need`,
    {
      hint: `register an emulator for it${entry === undefined ? '' : `, the binfmt_misc entry '${entry}'`} (on Debian: apt-get install qemu-user-static binfmt-support)`,
    },
  )
}

function isRegistered(entry: string): Promise<boolean> {
  return access(`/proc/sys/fs/binfmt_misc/${entry}`).then(
    () => true,
    () => false,
  )
}
