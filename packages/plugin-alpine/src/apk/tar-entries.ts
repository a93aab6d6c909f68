import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract, type Header } from 'tar-stream'
import { packageError } from './package-error.js'

/** An entry of a tar, in memory. */
export interface TarEntry {
  readonly header: Header
  readonly content: Buffer
}

/** Reads all entries of a tar. Segments of packages end without the zeros that end a tar. @throws PackageError */
export async function tarEntries(tar: Buffer): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = []
  const reader = Readable.from([Buffer.concat([tar, Buffer.alloc(1024)])]).pipe(extract())
  try {
    for await (const entry of reader) {
      // The content of such an entry would never end.
      if (!Number.isSafeInteger(entry.header.size)) throw packageError('a header in it has no valid size')
      entries.push({ header: entry.header, content: await buffer(entry) })
    }
  } catch (error) {
    throw packageError((error as Error).message)
  }
  return entries
}
