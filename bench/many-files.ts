import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Files that changed within the last two minutes are read in each run; the digests of others are kept. In milliseconds. */
export const SETTLED = 121_000

/** Writes files of a few kilobytes into folders of 100; 10,000 by default. */
export async function writeManyFiles(directory: string, files = 10_000): Promise<void> {
  for (let folder = 0; folder < files / 100; folder++) {
    await mkdir(join(directory, String(folder)), { recursive: true })
    const writing = Array.from({ length: 100 }, (_, at) =>
      writeFile(join(directory, String(folder), String(at)), `${folder}/${at} `.repeat(500)),
    )
    await Promise.all(writing)
  }
}
