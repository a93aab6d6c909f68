import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes 10,000 files of a few kilobytes into 100 folders. */
export async function writeManyFiles(directory: string): Promise<void> {
  for (let folder = 0; folder < 100; folder++) {
    await mkdir(join(directory, String(folder)), { recursive: true })
    const files = Array.from({ length: 100 }, (_, at) =>
      writeFile(join(directory, String(folder), String(at)), `${folder}/${at} `.repeat(500)),
    )
    await Promise.all(files)
  }
}
