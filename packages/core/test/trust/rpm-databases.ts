/** A header as rpm's database has it, from numbers of fields and their values. */
export function rpmHeader(fields: Readonly<Record<number, string | number>>): Buffer {
  const entries: Buffer[] = []
  const values: Buffer[] = []
  let offset = 0
  for (const [tag, value] of Object.entries(fields)) {
    const bytes = typeof value === 'string' ? Buffer.from(`${value}\0`) : numbers(value)
    entries.push(numbers(Number(tag), typeof value === 'string' ? 6 : 4, offset, 1))
    values.push(bytes)
    offset += bytes.length
  }
  return Buffer.concat([numbers(entries.length, offset), ...entries, ...values])
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at)
  return bytes
}

function littleNumbers(...values: readonly number[]): Buffer {
  return numbers(...values).swap32()
}

const magic = (text: string) => Buffer.from(text, 'latin1').readUInt32LE(0)

/** A database of rpm's own format: a page with the list of packages, and their records in blocks of 16 bytes. */
export function ndbDatabase(blobs: readonly Buffer[]): Buffer {
  const page = Buffer.alloc(4096)
  const slots = (page.length - 32) / 16
  littleNumbers(magic('RpmP'), 0, 1, 1).copy(page)
  const records: Buffer[] = []
  let block = page.length / 16
  for (let slot = 0; slot < slots; slot += 1) {
    const blob = blobs[slot]
    const at = 32 + 16 * slot
    if (blob === undefined) {
      littleNumbers(magic('Slot'), 0, 0, 0).copy(page, at)
      continue
    }
    const record = Buffer.alloc(Math.ceil((16 + blob.length + 12) / 16) * 16)
    littleNumbers(magic('BlbS'), slot + 1, 1, blob.length).copy(record)
    blob.copy(record, 16)
    littleNumbers(magic('Slot'), slot + 1, block, record.length / 16).copy(page, at)
    records.push(record)
    block += record.length / 16
  }
  return Buffer.concat([page, ...records])
}

/** A hash of Berkeley DB in pages of 512 bytes: one page of places, and pages for each value. */
export function berkeleyDatabase(blobs: readonly Buffer[]): Buffer {
  const [size, head] = [512, 26]
  const meta = Buffer.alloc(size)
  meta.writeUInt32LE(0x061561, 12)
  meta.writeUInt32LE(size, 20)
  meta[25] = 8
  const hash = Buffer.alloc(size)
  hash.writeUInt16LE(2 * blobs.length, 20)
  hash[25] = 13
  const pages = [meta, hash]
  for (const [at, blob] of blobs.entries()) {
    const place = size - 12 * (at + 1)
    hash.writeUInt16LE(place, head + 4 * at + 2)
    hash[place] = 3
    hash.writeUInt32LE(pages.length, place + 4)
    hash.writeUInt32LE(blob.length, place + 8)
    for (let start = 0; start < blob.length; start += size - head) {
      const page = Buffer.alloc(size)
      const isLast = start + size - head >= blob.length
      page.writeUInt32LE(isLast ? 0 : pages.length + 1, 16)
      page[25] = 7
      blob.copy(page, head, start)
      pages.push(page)
    }
  }
  return Buffer.concat(pages)
}
