import { access } from 'node:fs/promises'
import { arch } from 'node:os'
import { missingBinfmtEntry } from '../../builder/docker/emulators.js'
import { HostError } from '../../model/errors.js'

/** The distribution's architectures that a machine runs natively, by Node.js's name of the machine. */
const NATIVE: Readonly<Record<string, readonly string[]>> = {
  x64: ['amd64', 'i386'],
  arm64: ['arm64', 'armhf', 'armel'],
  arm: ['armhf', 'armel'],
  ppc64: ['ppc64el'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
}

/** Platform architectures whose name differs from the distribution's. */
const PLATFORM_WORDS: Readonly<Record<string, string>> = {
  i386: '386',
  armhf: 'arm',
  armel: 'arm',
  mips64el: 'mips64le',
  ppc64el: 'ppc64le',
}

/** Whether this machine itself runs programs of one of the distribution's architectures. */
export function runsNatively(architecture: string): boolean {
  return NATIVE[arch()]?.includes(architecture) ?? false
}

/**
 * Makes sure that this machine runs programs of an architecture: packages run scripts of their own while they are
 * installed.
 *
 * @throws HostError PLATFORM_NOT_RUNNABLE
 */
export async function requireEmulator(architecture: string): Promise<void> {
  if (runsNatively(architecture)) return
  const entry = missingBinfmtEntry({ os: 'linux', architecture: PLATFORM_WORDS[architecture] ?? architecture })
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
