/** Bounds of the work that data of others can cause. Beyond one, reading ends with a typed error. */
export const LIMITS = {
  /** Bytes of a path: Linux's PATH_MAX. */
  path: 4096,
  /** Directories in a path; a file system looks each of them up. */
  pathDepth: 256,
  /** Entries of a context archive. */
  archiveEntries: 1_000_000,
  /** Characters of all paths of a context archive, which are kept in memory. */
  archivePathBytes: 256 * 1024 * 1024,
} as const
