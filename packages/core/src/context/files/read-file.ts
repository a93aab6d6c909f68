import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { DigestHash, digestOf } from '../../model/digest.js'
import { PolyarchError, throwIfCancelled } from '../../model/errors.js'
import type { FileEntry } from '../context-file.js'
import { unreadable, WHOLE_FILE } from './file-error.js'
import { filePath } from './raw-name.js'

/** Does not follow a link or wait for a pipe that has replaced the file. */
const AS_LISTED = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Reads a file with its listed content, because the key has the digest of the listing. The last chunk is emitted after
 * the content was verified. Bytes appended since are ignored.
 *
 * @throws EngineError CONTEXT_UNREADABLE if the content changed; CancelledError
 */
export async function* readListedFile(
  directory: string,
  entry: FileEntry,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  throwIfCancelled(signal)
  try {
    if (entry.size <= WHOLE_FILE) return yield* readSmallFile(directory, entry)
    await using file = await open(filePath(directory, entry.path), AS_LISTED)
    if (!(await file.stat()).isFile()) throw changed(entry)
    yield* checkedChunks(file, entry, signal)
  } catch (error) {
    throw error instanceof PolyarchError ? error : unreadable(entry.path, 'cannot be read', error)
  }
}

/** Reads synchronously: listing has put the file into the page cache, and another thread takes longer. */
function* readSmallFile(directory: string, entry: FileEntry): Generator<Buffer> {
  const file = openSync(filePath(directory, entry.path), AS_LISTED)
  const content = Buffer.allocUnsafe(entry.size)
  let read = 0
  try {
    if (!fstatSync(file).isFile()) throw changed(entry)
    while (read < entry.size) {
      const more = readSync(file, content, read, entry.size - read, null)
      if (more === 0) throw changed(entry)
      read += more
    }
  } finally {
    closeSync(file)
  }
  if (digestOf(content) !== entry.digest) throw changed(entry)
  if (content.length > 0) yield content
}

async function* checkedChunks(file: FileHandle, entry: FileEntry, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const hash = new DigestHash()
  // One buffer for all chunks: with one for each, collecting them takes as long as hashing them.
  const buffer = Buffer.allocUnsafe(WHOLE_FILE)
  for (let left = entry.size; left > 0; ) {
    throwIfCancelled(signal)
    const { bytesRead } = await file.read(buffer, 0, Math.min(left, WHOLE_FILE), null)
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    left -= bytesRead
    if (bytesRead === 0 || (left === 0 && hash.digest !== entry.digest)) throw changed(entry)
    yield chunk
  }
}

function changed({ path }: FileEntry) {
  return unreadable(path, 'changed since it was listed')
}
