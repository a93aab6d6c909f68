/** Bytes at the start of an archive by which it is known. */
export const HEAD_SIZE = 512

/** Compression formats, by their first bytes in hex; zstd may start with a skippable frame. */
const COMPRESSIONS = [
  ['gzip', /^1f8b/],
  ['xz', /^fd377a585a00/],
  ['zstd', /^(?:28b52ffd|5[0-9a-f]2a4d18)/],
] as const

/** Returns the compression of an archive; undefined if it is not a known one. */
export function compressionOf(head: Buffer): (typeof COMPRESSIONS)[number][0] | undefined {
  const start = head.toString('hex')
  return COMPRESSIONS.find(([, magic]) => magic.test(start))?.[0]
}

const SUM_START = 148
const SUM_END = 156

/**
 * Whether bytes start a tar: the first header contains its own checksum. An empty tar starts with zeros.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function isTar(head: Buffer): boolean {
  if (head.length < HEAD_SIZE) return false
  const header = head.subarray(0, HEAD_SIZE)
  if (header.every((byte) => byte === 0)) return true
  const recorded = Number.parseInt(header.toString('latin1', SUM_START, SUM_END), 8)
  const sum = header.reduce((total, byte, at) => total + (at >= SUM_START && at < SUM_END ? BLANK : byte), 0)
  return recorded === sum
}

/** The value of the checksum's own bytes while it is computed. */
const BLANK = 0x20
