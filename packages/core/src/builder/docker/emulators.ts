import type { Platform } from '../../model/platform.js'

/** Entries that QEMU's packages register in binfmt_misc, by architecture as clients name it. */
const EMULATORS: ReadonlyMap<string, string> = new Map([
  ['386', 'qemu-i386'],
  ['amd64', 'qemu-x86_64'],
  ['arm', 'qemu-arm'],
  ['arm64', 'qemu-aarch64'],
  ['loong64', 'qemu-loongarch64'],
  ['mips', 'qemu-mips'],
  ['mips64', 'qemu-mips64'],
  ['mips64le', 'qemu-mips64el'],
  ['mipsle', 'qemu-mipsel'],
  ['ppc64', 'qemu-ppc64'],
  ['ppc64le', 'qemu-ppc64le'],
  ['riscv64', 'qemu-riscv64'],
  ['s390x', 'qemu-s390x'],
])

/** The entry of binfmt_misc that a platform's programs are emulated by; undefined if QEMU has none for it. */
export function missingBinfmtEntry({ os, architecture }: Platform): string | undefined {
  return os === 'linux' ? EMULATORS.get(architecture) : undefined
}

/** The platform that an entry of binfmt_misc emulates, with the newest variant that it can. */
export function platformOfEmulator(entry: string): Platform | undefined {
  const architecture = [...EMULATORS].find(([, name]) => name === entry)?.[0]
  if (architecture === undefined) return undefined
  return { os: 'linux', architecture, ...(architecture === 'arm' && { variant: 'v7' }) }
}
