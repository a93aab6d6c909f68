/** Platform of an executable, from its ELF header. */
export interface ElfHeader {
  /** Size of an address in bits. */
  readonly bits: 32 | 64
  readonly byteOrder: 'little' | 'big'
  /** `e_machine`. @see https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
  readonly machine: number
  /** Flags of the machine. */
  readonly flags: number
  readonly sections: SectionTable
}

interface SectionTable {
  readonly offset: number
  readonly entrySize: number
  readonly count: number
}

/** Bytes of a file that {@link readElfHeader} reads. */
export const ELF_HEADER_SIZE = 64

const MAGIC = Buffer.from('\x7fELF')

/** Whether a file begins with the ELF magic number. */
export function isElf(head: Uint8Array): boolean {
  return MAGIC.equals(head.subarray(0, MAGIC.length))
}

/** Reads the header at the start of an ELF file; undefined if there is none, or not all of it. */
export function readElfHeader(file: Uint8Array): ElfHeader | undefined {
  const [bits, byteOrder] = [BITS[file[4] ?? 0], BYTE_ORDERS[file[5] ?? 0]]
  if (!isElf(file) || bits === undefined || byteOrder === undefined) return undefined
  const isWide = bits === 64
  if (file.length < (isWide ? 64 : 52)) return undefined
  const view = viewOf(file)
  const little = byteOrder === 'little'
  return {
    bits,
    byteOrder,
    machine: view.getUint16(18, little),
    flags: view.getUint32(isWide ? 48 : 36, little),
    sections: {
      offset: isWide ? Number(view.getBigUint64(40, little)) : view.getUint32(32, little),
      entrySize: view.getUint16(isWide ? 58 : 46, little),
      count: view.getUint16(isWide ? 60 : 48, little),
    },
  }
}

const BITS: Readonly<Record<number, 32 | 64>> = { 1: 32, 2: 64 }
const BYTE_ORDERS: Readonly<Record<number, 'little' | 'big'>> = { 1: 'little', 2: 'big' }

/** Type and size of an entry of a 32-bit section table. */
const SECTION_HEADER_SIZE = 40

/**
 * The content of the first section of a type in a little-endian 32-bit ELF file; undefined if there is none, or if it
 * is beyond the given bytes.
 */
export function findSection32(
  file: Uint8Array,
  { offset, entrySize, count }: ElfHeader['sections'],
  type: number,
): Uint8Array | undefined {
  if (entrySize < SECTION_HEADER_SIZE) return undefined
  const view = viewOf(file)
  for (let at = offset, left = count; left > 0 && at + SECTION_HEADER_SIZE <= file.length; at += entrySize, left--) {
    if (view.getUint32(at + 4, true) !== type) continue
    const start = view.getUint32(at + 16, true)
    const end = start + view.getUint32(at + 20, true)
    return end <= file.length ? file.subarray(start, end) : undefined
  }
  return undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
