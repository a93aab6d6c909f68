const MAGIC = 0x061561
const META_SIZE = 72
const PAGE_HEADER_SIZE = 26
const SMALLEST_PAGE = 512
const LARGEST_PAGE = 65_536

/** Types of pages. The first one of hash pages is not sorted, as new pages are. */
const HASH_PAGES: readonly (number | undefined)[] = [2, 13]
/** Type of a value that is on pages of its own; small values, such as rpm's counter, are on the hash page. */
const OFF_PAGE = 3
const OFF_PAGE_SIZE = 12

/**
 * Reads the large values of a hash of Berkeley DB, which rpm used until 2020: the records of its packages.
 *
 * @throws Error for a damaged database
 * @see https://github.com/berkeleydb/libdb/blob/v5.3.28/src/dbinc/db_page.h
 */
export function berkeleyValues(file: Buffer): readonly Buffer[] {
  const database = new BerkeleyDatabase(file)
  return [...database.values()]
}

class BerkeleyDatabase {
  readonly #file: Buffer
  readonly #isBigEndian: boolean
  readonly #pageSize: number
  /** Pages with values: each belongs to one value, so that all values together are no longer than the file. */
  readonly #read = new Set<number>()

  constructor(file: Buffer) {
    this.#file = file
    if (file.length < META_SIZE) throw new Error('it is too short')
    this.#isBigEndian = file.readUInt32BE(12) === MAGIC
    if (this.#u32(12) !== MAGIC) throw new Error('it is not a hash of Berkeley DB')
    if (file[24] !== 0) throw new Error('it is encrypted')
    this.#pageSize = this.#u32(20)
    const isPowerOfTwo = (this.#pageSize & (this.#pageSize - 1)) === 0
    if (this.#pageSize < SMALLEST_PAGE || this.#pageSize > LARGEST_PAGE || !isPowerOfTwo)
      throw new Error(`its page size ${this.#pageSize} is not valid`)
  }

  *values(): Generator<Buffer> {
    const count = Math.floor(this.#file.length / this.#pageSize)
    for (let page = 1; page < count; page += 1) {
      const start = page * this.#pageSize
      if (HASH_PAGES.includes(this.#file[start + 25])) yield* this.#valuesOf(start)
    }
  }

  /** A page lists the places of a key, its value, the next key, and so on. */
  *#valuesOf(page: number): Generator<Buffer> {
    const entries = this.#u16(page + 20)
    if (PAGE_HEADER_SIZE + 2 * entries > this.#pageSize) throw new Error('a list of values is longer than its page')
    for (let entry = 1; entry < entries; entry += 2) {
      const place = this.#u16(page + PAGE_HEADER_SIZE + 2 * entry)
      if (place >= this.#pageSize) throw new Error('a value is outside of its page')
      if (this.#file[page + place] !== OFF_PAGE) continue
      if (place + OFF_PAGE_SIZE > this.#pageSize) throw new Error('a value is outside of its page')
      yield this.#chain(this.#u32(page + place + 4), this.#u32(page + place + 8))
    }
  }

  /** A value on pages of its own, each of which names the next. */
  #chain(first: number, length: number): Buffer {
    const parts: Buffer[] = []
    let left = length
    for (let page = first; page !== 0 && left > 0; page = this.#u32(page * this.#pageSize + 16)) {
      const start = page * this.#pageSize
      if (start + this.#pageSize > this.#file.length) throw new Error('a value is outside of the file')
      if (this.#read.has(page)) throw new Error('two values have the same page')
      this.#read.add(page)
      const size = Math.min(left, this.#pageSize - PAGE_HEADER_SIZE)
      parts.push(this.#file.subarray(start + PAGE_HEADER_SIZE, start + PAGE_HEADER_SIZE + size))
      left -= size
    }
    if (left > 0) throw new Error('a value is not complete')
    return Buffer.concat(parts)
  }

  #u16(at: number): number {
    return this.#isBigEndian ? this.#file.readUInt16BE(at) : this.#file.readUInt16LE(at)
  }

  #u32(at: number): number {
    return this.#isBigEndian ? this.#file.readUInt32BE(at) : this.#file.readUInt32LE(at)
  }
}
