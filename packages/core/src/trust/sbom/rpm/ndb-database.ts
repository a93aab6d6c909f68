const HEADER_MAGIC = magic('RpmP')
const SLOT_MAGIC = magic('Slot')
const BLOB_MAGIC = magic('BlbS')

const PAGE_SIZE = 4096
const SLOT_SIZE = 16
/** The header takes the place of the first slots. */
const HEADER_SIZE = 32
const BLOB_HEADER_SIZE = 16

/**
 * Reads the records of a database of rpm's own format, which SUSE uses.
 *
 * @throws Error for a damaged database
 * @see https://github.com/rpm-software-management/rpm/blob/rpm-4.20.0-release/lib/backend/ndb/rpmpkg.c
 */
export function ndbBlobs(database: Buffer): readonly Buffer[] {
  if (database.length < HEADER_SIZE || database.readUInt32LE(0) !== HEADER_MAGIC)
    throw new Error('it does not begin as a database of rpm')
  if (database.readUInt32LE(4) !== 0) throw new Error(`its version is ${database.readUInt32LE(4)}, not 0`)
  const end = database.readUInt32LE(12) * PAGE_SIZE
  if (end > database.length) throw new Error('its list of packages is longer than the file')
  const blobs: Buffer[] = []
  let total = 0
  for (let at = HEADER_SIZE; at < end; at += SLOT_SIZE) {
    if (database.readUInt32LE(at) !== SLOT_MAGIC) throw new Error('its list of packages is damaged')
    const blob = blobOf(database, database.readUInt32LE(at + 4), database.readUInt32LE(at + 8))
    if (blob === undefined) continue
    total += blob.length
    // Records do not overlap: without the bound, each slot could have the whole file.
    if (total > database.length) throw new Error('its packages are longer than the file')
    blobs.push(blob)
  }
  return blobs
}

/** The record of a slot; undefined for a free slot. */
function blobOf(database: Buffer, packageIndex: number, block: number): Buffer | undefined {
  if (packageIndex === 0) return undefined
  const start = block * BLOB_HEADER_SIZE
  const isBlob =
    start + BLOB_HEADER_SIZE <= database.length &&
    database.readUInt32LE(start) === BLOB_MAGIC &&
    database.readUInt32LE(start + 4) === packageIndex
  const end = isBlob ? start + BLOB_HEADER_SIZE + database.readUInt32LE(start + 12) : Number.POSITIVE_INFINITY
  if (end > database.length) throw new Error(`package ${packageIndex} is damaged`)
  return database.subarray(start + BLOB_HEADER_SIZE, end)
}

function magic(text: string): number {
  return Buffer.from(text, 'latin1').readUInt32LE(0)
}
