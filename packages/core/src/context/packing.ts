import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type Pack, pack } from 'tar-stream'
import { makeTempFolder } from '../host/temp-folder.js'
import { CancelledError, PolyarchError } from '../model/errors.js'
import type { ContextDockerfile, ContextListing } from './context-file.js'
import { unreadable } from './file-fault.js'
import { OWNER, packEntry } from './tar-entries.js'

/** A context, packed once, that can be sent any number of times. */
export interface PackedContext extends AsyncDisposable {
  /** The whole tar, with this Dockerfile in it. */
  open(dockerfile: string): Readable
}

/** Written and sent at a time, in bytes. */
const CHUNK = 1024 * 1024

/** How to pack. */
export interface PackOptions {
  /** Seconds since the epoch that files are dated with; without it they keep their own times, as with docker. */
  readonly epoch?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Packs what was listed into a temporary file, which is removed by disposal.
 *
 * @throws EngineError CONTEXT_UNREADABLE where a file is no longer what it was when it was listed; CancelledError
 */
export async function packContext(listing: ContextListing, options: PackOptions = {}): Promise<PackedContext> {
  const folder = await makeTempFolder('context')
  const spool = join(folder.path, 'context.tar')
  try {
    // Opened first: a stream that is destroyed while it opens its file makes the file nevertheless, amid its removal.
    await using file = await open(spool, 'wx')
    await pipeline(
      packEntries(listing, options),
      file.createWriteStream({ highWaterMark: CHUNK }),
      options.signal ? { signal: options.signal } : {},
    )
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    if (options.signal?.aborted) throw new CancelledError(options.signal.reason)
    throw error instanceof PolyarchError ? error : unreadable(listing.directory, 'cannot be packed', error)
  }
  return {
    open: (text) => Readable.from(joined(dockerfileTar(listing.dockerfile, text, options), spool)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** All entries in their order; a failure ends the stream. */
function packEntries({ directory, entries }: ContextListing, options: PackOptions): Pack {
  const tar = pack()
  const all = async () => {
    for (const entry of entries) await packEntry(tar, directory, entry, timeOf(entry.modified, options))
    tar.finalize()
  }
  all().catch((error: Error) => tar.destroy(error))
  return tar
}

function timeOf(modified: number, { epoch }: PackOptions): Date {
  return new Date(epoch === undefined ? modified : epoch * 1000)
}

/** An entry without the end of an archive: the spooled one goes on after it. */
async function dockerfileTar(
  { path, mode, modified }: ContextDockerfile,
  text: string,
  options: PackOptions,
): Promise<Buffer> {
  const stream = pack()
  stream.entry({ name: path, mode, mtime: timeOf(modified, options), ...OWNER }, text)
  stream.finalize()
  const whole = await buffer(stream)
  return whole.subarray(0, whole.length - END_OF_ARCHIVE)
}

/** Two empty blocks. @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 */
const END_OF_ARCHIVE = 1024

async function* joined(head: Promise<Buffer>, spool: string): AsyncGenerator<Buffer> {
  yield await head
  yield* createReadStream(spool, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>
}
