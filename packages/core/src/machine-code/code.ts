import type { Platform } from '../model/platform.js'
import { ARM_ATTRIBUTES_SECTION, type ArmAttributes, readArmAttributes } from './arm-attributes.js'
import { findSection32, readElfHeader } from './elf.js'

/** The machine code of one executable. */
export interface MachineCode {
  /** As platforms name it, `amd64`; `machine 42` if no platform does. */
  readonly architecture: string
  /** For 32-bit ARM code, if the file records them. */
  readonly arm?: ArmAttributes
}

/** `e_machine` of the architectures that platforms name. @see https://www.sco.com/developers/gabi/latest/ch4.eheader.html */
const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['3/32/little', '386'],
  ['8/32/big', 'mips'],
  ['8/32/little', 'mipsle'],
  ['8/64/big', 'mips64'],
  ['8/64/little', 'mips64le'],
  ['21/64/big', 'ppc64'],
  ['21/64/little', 'ppc64le'],
  ['22/64/big', 's390x'],
  ['40/32/little', 'arm'],
  ['62/64/little', 'amd64'],
  ['183/64/little', 'arm64'],
  ['243/64/little', 'riscv64'],
  ['258/64/little', 'loong64'],
])

const EM_ARM = 40
const EF_ARM_HARD_FLOAT = 0x400

/** Whether determining the platform of a file requires more than its header. */
export function needsWholeFile(head: Uint8Array): boolean {
  return readElfHeader(head)?.machine === EM_ARM
}

/** Reads the target machine of a file; undefined if it is not an ELF file. */
export function readMachineCode(file: Uint8Array): MachineCode | undefined {
  const header = readElfHeader(file)
  if (header === undefined) return undefined
  const { machine, bits, byteOrder, flags } = header
  const architecture = ARCHITECTURES.get(`${machine}/${bits}/${byteOrder}`)
  if (architecture === undefined) return { architecture: `machine ${machine}, ${bits} bits, ${byteOrder} endian` }
  if (architecture !== 'arm') return { architecture }
  const section = findSection32(file, header.sections, ARM_ATTRIBUTES_SECTION)
  const attributes = section && readArmAttributes(section)
  const hardFloat = attributes?.hardFloat ?? ((flags & EF_ARM_HARD_FLOAT) !== 0 ? true : undefined)
  return { architecture, arm: { ...attributes, ...(hardFloat !== undefined && { hardFloat }) } }
}

/**
 * Whether code matches a declared platform. Code for an older ARM runs on a newer one, so it matches.
 *
 * @returns undefined if unknown: ARM code without a version attribute
 */
export function isCodeFor(code: MachineCode, platform: Platform): boolean | undefined {
  if (code.architecture !== platform.architecture) return false
  if (platform.architecture !== 'arm') return true
  const declared = Number(/^v(\d+)$/.exec(platform.variant ?? 'v7')?.[1])
  const { version, hardFloat } = code.arm ?? {}
  // Hosts of v5 need not have a floating point unit: Debian's armel and Go's GOARM=5 do without.
  if (declared < 6 && hardFloat) return false
  if (version === undefined || Number.isNaN(declared)) return undefined
  return version <= declared
}

/** Describes code: `amd64`, `arm/v7 with hard float`. */
export function describeCode({ architecture, arm }: MachineCode): string {
  const version = arm?.version === undefined ? '' : `/v${arm.version}`
  const float = arm?.hardFloat === undefined ? '' : arm.hardFloat ? ' with hard float' : ' with soft float'
  return `${architecture}${version}${float}`
}
