/** Properties of a generated ELF file. */
export interface ElfFile {
  readonly bits?: 32 | 64
  readonly bigEndian?: boolean
  readonly machine: number
  readonly flags?: number
  /** Content of the section of ARM attributes. */
  readonly attributes?: Uint8Array
  /** Bytes between the header and the sections. */
  readonly padding?: number
}

/** A file with an ELF header and, optionally, one section; it has no code. */
export function elfFile({ bits = 32, bigEndian = false, machine, flags = 0, attributes, padding = 0 }: ElfFile) {
  const isWide = bits === 64
  const header = Buffer.alloc(isWide ? 64 : 52)
  header.set([0x7f, 0x45, 0x4c, 0x46, isWide ? 2 : 1, bigEndian ? 2 : 1, 1])
  const put16 = (value: number, at: number) =>
    bigEndian ? header.writeUInt16BE(value, at) : header.writeUInt16LE(value, at)
  const put32 = (value: number, at: number) =>
    bigEndian ? header.writeUInt32BE(value, at) : header.writeUInt32LE(value, at)
  put16(machine, 18)
  put32(flags, isWide ? 48 : 36)
  if (attributes === undefined) return Buffer.concat([header, Buffer.alloc(padding)])
  const start = header.length + padding
  put32(start + attributes.length, 32)
  put16(40, 46)
  put16(2, 48)
  const table = Buffer.alloc(80)
  table.writeUInt32LE(0x70000003, 44)
  table.writeUInt32LE(start, 56)
  table.writeUInt32LE(attributes.length, 60)
  return Buffer.concat([header, Buffer.alloc(padding), attributes, table])
}

/** A section of ARM attributes as compilers write it: names first, then the version and how floats are passed. */
export function armAttributes(cpuArch: number, hardFloat: boolean): Buffer {
  const text = (tag: number, value: string) => [tag, ...Buffer.from(`${value}\0`)]
  const file = [...text(5, '7-A'), 6, cpuArch, 7, 0x41, 10, 3, ...(hardFloat ? [28, 1] : []), 34, 1]
  const scoped = [1, ...size(file.length + 5), ...file]
  const vendor = [...Buffer.from('aeabi\0'), ...scoped]
  return Buffer.from([0x41, ...size(vendor.length + 4), ...vendor])
}

function size(value: number): readonly number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24]
}
