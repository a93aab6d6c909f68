import type { Package } from '../package.js'

/** Numbers of the fields that are read. @see https://github.com/rpm-software-management/rpm/blob/rpm-4.20.0-release/include/rpm/rpmtag.h */
const TAGS = { name: 1000, version: 1001, release: 1002, epoch: 1003, license: 1014, architecture: 1022, source: 1044 }

const PREFIX_SIZE = 8
const ENTRY_SIZE = 16
/** Types of values: `RPM_INT32_TYPE`, `RPM_STRING_TYPE`. */
const TYPES = { integer: 4, string: 6 }

/**
 * Reads a package from its header in rpm's database.
 *
 * @throws Error for a damaged header
 * @see https://rpm-software-management.github.io/rpm/manual/format_header.html
 */
export function readRpmHeader(blob: Buffer): Package {
  const fields = new HeaderFields(blob)
  const [name, version, release] = [TAGS.name, TAGS.version, TAGS.release].map((tag) => fields.text(tag))
  if (!name || !version || !release) throw new Error('a package has no name, version or release')
  const [epoch, license] = [fields.integer(TAGS.epoch), fields.text(TAGS.license)]
  const [architecture, source] = [fields.text(TAGS.architecture), fields.text(TAGS.source)]
  return {
    ...{ type: 'rpm', name, version: `${version}-${release}` },
    ...(architecture !== undefined && { architecture }),
    ...(epoch !== undefined && epoch !== 0 && { epoch: String(epoch) }),
    ...(source !== undefined && { source }),
    ...(license && { licenses: [license] }),
  }
}

interface HeaderEntry {
  readonly type: number
  readonly start: number
}

/** The fields of a header: a list of entries, and the values that they point to. */
class HeaderFields {
  readonly #entries = new Map<number, HeaderEntry>()
  readonly #values: Buffer

  constructor(blob: Buffer) {
    if (blob.length < PREFIX_SIZE) throw new Error('a header is too short')
    const count = blob.readUInt32BE(0)
    const start = PREFIX_SIZE + count * ENTRY_SIZE
    const end = start + blob.readUInt32BE(4)
    if (end > blob.length) throw new Error('a header is longer than its record')
    this.#values = blob.subarray(start, end)
    for (let at = PREFIX_SIZE; at < start; at += ENTRY_SIZE) {
      this.#entries.set(blob.readUInt32BE(at), { type: blob.readUInt32BE(at + 4), start: blob.readUInt32BE(at + 8) })
    }
  }

  text(tag: number): string | undefined {
    const start = this.#startOf(tag, TYPES.string)
    if (start === undefined) return undefined
    const end = this.#values.indexOf(0, start)
    if (end < 0) throw new Error('a text of a header has no end')
    return this.#values.toString('utf8', start, end)
  }

  integer(tag: number): number | undefined {
    const start = this.#startOf(tag, TYPES.integer)
    if (start !== undefined && start + 4 > this.#values.length) throw new Error('a number of a header has no end')
    return start === undefined ? undefined : this.#values.readUInt32BE(start)
  }

  #startOf(tag: number, type: number): number | undefined {
    const entry = this.#entries.get(tag)
    return entry?.type === type ? entry.start : undefined
  }
}
