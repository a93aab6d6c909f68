/** Attributes that the compiler recorded for the ARM code of a file. */
export interface ArmAttributes {
  /** The oldest version of the architecture that runs it. */
  readonly version?: 5 | 6 | 7 | 8
  /** Whether the code requires a floating point unit: it passes arguments in its registers. */
  readonly hardFloat?: boolean
}

/** `SHT_ARM_ATTRIBUTES`, the type of the section. */
export const ARM_ATTRIBUTES_SECTION = 0x70000003

/** Tags that {@link readArmAttributes} looks for, and those whose value is a text. */
const TAG_FILE = 1
const TAG_CPU_ARCH = 6
const TAG_ABI_VFP_ARGS = 28
const TAG_COMPATIBILITY = 32
const TEXT_TAGS: ReadonlySet<number> = new Set([4, 5])

/**
 * Reads the build attributes of a `.ARM.attributes` section of a little-endian file; undefined if its format is
 * unknown.
 *
 * @see https://github.com/ARM-software/abi-aa/blob/main/addenda32/addenda32.rst
 */
export function readArmAttributes(section: Uint8Array): ArmAttributes | undefined {
  const reader = new Reader(section)
  if (reader.byte() !== FORMAT_A) return undefined
  while (!reader.ended) {
    const part = reader.part()
    if (part.text() !== 'aeabi') continue
    while (!part.ended) {
      const tag = part.peek()
      const scoped = part.tagged()
      if (tag === TAG_FILE) return ofFile(scoped)
    }
  }
  return undefined
}

const FORMAT_A = 0x41

function ofFile(reader: Reader): ArmAttributes {
  const values = new Map<number, number>()
  while (!reader.ended) {
    const tag = reader.number()
    if (tag === TAG_COMPATIBILITY) {
      reader.number()
      reader.text()
    } else if (TEXT_TAGS.has(tag) || (tag > TAG_COMPATIBILITY && tag % 2 === 1)) reader.text()
    else values.set(tag, reader.number())
  }
  const version = VERSIONS[values.get(TAG_CPU_ARCH) ?? -1]
  return version === undefined ? {} : { version, hardFloat: values.get(TAG_ABI_VFP_ARGS) === 1 }
}

/** Versions by the value of Tag_CPU_arch, without those of microcontrollers, which do not run Linux. */
const VERSIONS: Readonly<Record<number, 5 | 6 | 7 | 8>> = {
  ...{ 0: 5, 1: 5, 2: 5, 3: 5, 4: 5, 5: 5 },
  ...{ 6: 6, 7: 6, 8: 6, 9: 6 },
  10: 7,
  ...{ 14: 8, 15: 8, 22: 8 },
}

/** Reads one value after the other; beyond the end it reads zeros, so that damaged sections end. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** A number as ULEB128. */
  number(): number {
    let value = 0
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) break
    }
    return value >>> 0
  }

  /** A text that a zero ends. */
  text(): string {
    const start = this.#at
    const zero = this.#bytes.indexOf(0, start)
    const end = zero < 0 ? this.#bytes.length : zero
    this.#at = end + 1
    return Buffer.from(this.#bytes.subarray(start, end)).toString('latin1')
  }

  /** Reads a part after its size of four bytes, which includes itself. */
  part(): Reader {
    return this.#cut(0)
  }

  /** Like {@link part}, after a one-byte tag that the size includes. */
  tagged(): Reader {
    return this.#cut(1)
  }

  #cut(before: number): Reader {
    const start = this.#at
    const sizeAt = start + before
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    const size = sizeAt + 4 <= this.#bytes.length ? view.getUint32(sizeAt, true) : 0
    const end = Math.max(start + size, sizeAt + 4)
    this.#at = end
    return new Reader(this.#bytes.subarray(sizeAt + 4, end))
  }
}
