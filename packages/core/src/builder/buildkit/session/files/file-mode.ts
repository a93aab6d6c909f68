/**
 * The type and the permission bits of an entry, as Go's `fs.FileMode` encodes them. @see
 * https://pkg.go.dev/io/fs#FileMode
 */
const TYPE_BITS = { file: 0, directory: 0x80000000, symlink: 0x08000000 } as const

const SET_USER_ID = 0x00800000
const SET_GROUP_ID = 0x00400000
const STICKY = 0x00100000

/** Go's mode of an entry from Unix permission bits, 0o7777 at most. */
export function goFileMode(kind: keyof typeof TYPE_BITS, permissions: number): number {
  const special =
    (permissions & 0o4000 ? SET_USER_ID : 0) |
    (permissions & 0o2000 ? SET_GROUP_ID : 0) |
    (permissions & 0o1000 ? STICKY : 0)
  // Unsigned: the bit of directories is the sign otherwise.
  return (TYPE_BITS[kind] | special | (permissions & 0o777)) >>> 0
}
