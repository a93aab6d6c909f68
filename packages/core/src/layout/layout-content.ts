import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { algorithmOf, type Digest, DigestHash, digestOf } from '../model/digest.js'
import { RegistryError } from '../model/errors.js'
import { isMissing } from '../model/is-missing.js'
import type { BlobSource } from '../registry/port.js'
import { syncFolder } from './durable-file.js'
import { contentFolder, contentPath, INCOMING } from './layout-format.js'

/** The size of a blob in a layout; undefined if the layout does not have it. */
export async function contentSize(directory: string, digest: Digest): Promise<number | undefined> {
  try {
    const stats = await stat(contentPath(directory, digest))
    // Reading a pipe would block.
    return stats.isFile() ? stats.size : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Reads and verifies small content; undefined if it does not exist. @throws RegistryError DIGEST_MISMATCH */
export async function readContent(directory: string, digest: Digest): Promise<Buffer | undefined> {
  if ((await contentSize(directory, digest)) === undefined) return undefined
  const bytes = await readFile(contentPath(directory, digest))
  if (digestOf(bytes, algorithmOf(digest)) !== digest) throw damaged(directory, digest)
  return bytes
}

/**
 * Opens a stream of the bytes of a digest.
 * It fails with DIGEST_MISMATCH at its end if the bytes differ. A stream from an offset is not verified: its reader
 * verifies the whole content.
 */
export async function openContent(directory: string, digest: Digest, offset = 0): Promise<Readable> {
  if ((await contentSize(directory, digest)) === undefined) {
    throw new RegistryError('NOT_FOUND', `${directory} does not have ${digest}`, { hint: 'copy the image there again' })
  }
  const path = contentPath(directory, digest)
  const content = offset > 0 ? opened(path, { start: offset }) : checked(directory, digest, opened(path))
  return Readable.from(content, { objectMode: false })
}

/**
 * Opens the file at the first read: a stream that is never read keeps no file open, and its reader gets the error if
 * the file is gone.
 */
async function* opened(
  path: string,
  range: { readonly start?: number; readonly end?: number } = {},
): AsyncGenerator<Buffer, void, undefined> {
  yield* createReadStream(path, range)
}

/** Reads a part of the bytes of a digest, unverified: the caller verifies the whole content. */
export function readPart(directory: string, digest: Digest, start: number, length: number): AsyncIterable<Buffer> {
  return opened(contentPath(directory, digest), { start, end: start + length - 1 })
}

/** A unique path in a layout for incoming content. */
export function incomingPath(directory: string): string {
  return join(directory, `${INCOMING}${randomUUID()}`)
}

/** Moves a complete file of a layout to the place of its digest. */
export async function placeContent(directory: string, temporary: string, digest: Digest): Promise<void> {
  const folder = contentFolder(directory, algorithmOf(digest))
  await mkdir(folder, { recursive: true })
  await rename(temporary, contentPath(directory, digest))
  await syncFolder(folder)
}

/** Stores content unless it exists. It appears under its digest atomically. */
export async function writeContent(directory: string, source: BlobSource, signal?: AbortSignal): Promise<void> {
  const { digest } = source.descriptor
  if ((await contentSize(directory, digest)) !== undefined) return
  const temporary = incomingPath(directory)
  try {
    // Opened first: a stream that is destroyed while opening would create the file after its removal.
    await using file = await open(temporary, 'wx')
    const content = await source.open()
    const check = (chunks: AsyncIterable<Buffer>) => checked(directory, digest, chunks)
    await pipeline(content, check, file.createWriteStream({ flush: true }), { signal })
    await placeContent(directory, temporary, digest)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function* checked(
  directory: string,
  digest: Digest,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = new DigestHash(algorithmOf(digest))
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
  if (hash.digest !== digest) throw damaged(directory, digest)
}

/** The error for content with another digest. */
export function damaged(directory: string, digest: Digest): RegistryError {
  return new RegistryError('DIGEST_MISMATCH', `content of ${digest} in ${directory} does not match its digest`, {
    hint: 'the directory or the source is damaged; the content was not used',
  })
}
