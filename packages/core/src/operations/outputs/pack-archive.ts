import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Header, type Pack, pack } from 'tar-stream'

/** Adds an entry to an archive, after the previous ones. */
export type AddEntry = (header: EntryHeader, content?: Readable) => Promise<void>

/** The header of an entry; its name is required. */
export type EntryHeader = Pick<Header, 'name'> & Partial<Header>

/** A bit that is not a permission: tar-stream treats mode 0 as missing. */
const NO_PERMISSION = 0o10000

/** Writes a tar archive that does not exist yet. */
export async function writeArchive(
  path: string,
  addAll: (add: AddEntry) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const archive = pack()
  const written = pipeline(archive, createWriteStream(path, { flags: 'wx' }), signal === undefined ? {} : { signal })
  // The first error ends both, and is thrown below.
  const failed = written.then(() => new Promise<never>(() => {}))
  failed.catch(() => {})
  try {
    await Promise.race([addAll((header, content) => addEntry(archive, header, content)), failed])
    archive.finalize()
  } catch (error) {
    archive.destroy()
    await written.catch(() => {})
    throw error
  }
  await written
}

async function addEntry(archive: Pack, header: EntryHeader, content: Readable = Readable.from([])): Promise<void> {
  const sink = archive.entry({ ...header, mode: (header.mode ?? 0o644) || NO_PERMISSION })
  const isFile = header.type === 'file' || header.type === 'contiguous-file'
  if (isFile) return pipeline(content, sink)
  content.resume()
  await pipeline(Readable.from([]), sink)
}
