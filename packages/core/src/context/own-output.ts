import { type BigIntStats, fstatSync } from 'node:fs'

/** Standard output and standard error. */
const OUTPUTS: readonly number[] = [1, 2]

/** Identifies a file by device and inode. */
export function fileIdentity({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

/** The files that open descriptors write to: a shell that redirects output opens its file before the command starts. */
export function redirectedFiles(descriptors: readonly number[] = OUTPUTS): ReadonlySet<string> {
  return new Set(
    descriptors.flatMap((descriptor) => {
      try {
        const stats = fstatSync(descriptor, { bigint: true })
        return stats.isFile() ? [fileIdentity(stats)] : []
      } catch {
        // The descriptor is closed.
        return []
      }
    }),
  )
}
