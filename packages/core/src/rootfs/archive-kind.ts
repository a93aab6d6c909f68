/** Bytes at the start of an archive by which it is known. */
export const HEAD_SIZE = 512

/** What an archive is compressed with, by the bytes in hex that it begins with; zstd may begin with a frame to skip. */
const COMPRESSIONS = [
  ['gzip', /^1f8b/],
  ['xz', /^fd377a585a00/],
  ['zstd', /^(?:28b52ffd|5[0-9a-f]2a4d18)/],
] as const

/** What an archive is compressed with; undefined where it is with none of those that are known. */
export function compressionOf(head: Buffer): (typeof COMPRESSIONS)[number][0] | undefined {
  const start = head.toString('hex')
  return COMPRESSIONS.find(([, magic]) => magic.test(start))?.[0]
}

const SUM_START = 148
const SUM_END = 156

/**
 * Whether a tar begins so: its first header tells its own sum. One that holds nothing begins with zeros.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 */
export function isTar(head: Buffer): boolean {
  if (head.length < HEAD_SIZE) return false
  const header = head.subarray(0, HEAD_SIZE)
  if (header.every((byte) => byte === 0)) return true
  const told = Number.parseInt(header.toString('latin1', SUM_START, SUM_END), 8)
  const sum = header.reduce((total, byte, at) => total + (at >= SUM_START && at < SUM_END ? BLANK : byte), 0)
  return told === sum
}

/** What stands for each byte of the sum while that is made. */
const BLANK = 0x20
