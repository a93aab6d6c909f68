import { statfs, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from './child.js'
import { tempFolder } from './temp-folder.js'

/** A disk of a test's own, which can be filled. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string
  /** Leaves so many bytes free, rounded to blocks. */
  fill(leave?: number): Promise<void>
  /** Takes back what {@link fill} has written. */
  empty(): Promise<void>
}

/** Mounts a file system in memory, which needs root. @param size - in bytes */
export async function smallDisk(size: number): Promise<SmallDisk> {
  const folder = await tempFolder('disk')
  await runProgram('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder.path])
  const filling = join(folder.path, 'filling')
  return {
    path: folder.path,
    async fill(leave = 0) {
      const { bavail, bsize } = await statfs(folder.path)
      await writeFile(filling, Buffer.alloc(Math.max(0, bavail * bsize - leave)), { flag: 'a' })
    },
    empty: () => truncate(filling),
    async [Symbol.asyncDispose]() {
      await runProgram('umount', [folder.path])
      await folder[Symbol.asyncDispose]()
    },
  }
}
