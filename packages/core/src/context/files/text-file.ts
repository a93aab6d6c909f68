import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { LIMITS } from '../../model/limits.js'

/** A file that is not a valid text; the message continues a sentence that names the file. */
export class TextFileError extends Error {
  constructor(
    message: string,
    readonly hint: string,
    /** Whether it is a folder, pipe or device. */
    readonly isNoFile = false,
  ) {
    super(message)
  }
}

/** A file and its permission bits. */
export interface TextFile {
  readonly text: string
  readonly mode: number
}

/**
 * Reads a text file; pipes and devices are rejected.
 *
 * @param limit - highest size in bytes
 * @throws TextFileError if it is larger or not UTF-8
 */
export async function readTextFile(path: string, limit: number = LIMITS.textFile): Promise<TextFile> {
  await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  const stats = await file.stat()
  if (!stats.isFile()) throw new TextFileError('is not a file', 'use a regular file', true)
  if (stats.size > limit) throw new TextFileError(`is larger than ${limit} bytes`, 'use a smaller file')
  return { text: decodeText(await file.readFile()), mode: stats.mode & 0o7777 }
}

/** @throws TextFileError if the bytes are UTF-16 or not text */
function decodeText(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') {
    throw new TextFileError('is UTF-16, not UTF-8', 'convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW_FILE')
  }
  if (bytes.includes(0)) {
    throw new TextFileError('has NUL characters, so it is not text in UTF-8', 'save it as UTF-8')
  }
  return bytes.toString()
}
