import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { pack as packDirectory } from 'tar-fs'
import { type Header, type Pack, pack as packStream } from 'tar-stream'
import { CancelledError, PolyarchError } from '../model/errors.js'
import type { ContextDockerfile, ContextEntry, ContextListing } from './context-file.js'
import { unreadable } from './file-fault.js'

/** A context, packed once, that can be sent any number of times. */
export interface PackedContext extends AsyncDisposable {
  /** The whole tar, with this Dockerfile in it. */
  open(dockerfile: string): Readable
}

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
  const directory = await mkdtemp(join(tmpdir(), 'polyarch-context-'))
  const spool = join(directory, 'context.tar')
  const dispose = () => rm(directory, { recursive: true, force: true })
  try {
    await pipeline(packEntries(listing, options), createWriteStream(spool), signalOption(options.signal))
  } catch (error) {
    await dispose()
    if (options.signal?.aborted) throw new CancelledError(options.signal.reason)
    throw error instanceof PolyarchError ? error : unreadable(listing.directory, 'cannot be packed', error)
  }
  return {
    open: (text) => Readable.from(joined(dockerfileTar(listing.dockerfile, text, options), spool)),
    [Symbol.asyncDispose]: dispose,
  }
}

function signalOption(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { signal }
}

/** Directories are written here, since tar-fs would pack all that is in them. */
function packEntries({ directory, entries }: ContextListing, options: PackOptions): Pack {
  const stream = packStream()
  for (const entry of entries) {
    if (entry.kind !== 'directory') continue
    stream.entry({
      name: entry.path,
      type: 'directory',
      mode: entry.mode,
      mtime: timeOf(entry.modified, options),
      ...OWNER,
    })
  }
  const byPath = new Map(entries.map((entry) => [entry.path, entry]))
  const files = entries.filter(({ kind }) => kind !== 'directory').map(({ path }) => path)
  if (files.length === 0) {
    stream.finalize()
    return stream
  }
  return packDirectory(directory, {
    entries: files,
    pack: stream,
    map: (header: Header) => headerOf(header, byPath.get(header.name), options),
    mapStream: (content: Readable, header: Header) => verified(content, byPath.get(header.name)),
    // biome-ignore lint/suspicious/noExplicitAny: tar-fs takes an open pack, which its types do not know.
  } as any) as unknown as Pack
}

/** Owners differ from machine to machine, and docker sends none. */
const OWNER = { uid: 0, gid: 0, uname: '', gname: '' } as const

function headerOf(header: Header, entry: ContextEntry | undefined, options: PackOptions): Header {
  const modified = entry === undefined ? {} : { mtime: timeOf(entry.modified, options) }
  return { ...header, ...OWNER, ...modified }
}

function timeOf(modified: number, { epoch }: PackOptions): Date {
  return new Date(epoch === undefined ? modified : epoch * 1000)
}

/** Compares what is packed with what was listed: the key was made of that. */
function verified(content: Readable, entry: ContextEntry | undefined): Readable {
  if (entry?.kind !== 'file') return content
  const hash = createHash('sha256')
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      const isSame = `sha256:${hash.digest('hex')}` === entry.digest
      done(isSame ? null : unreadable(entry.path, 'changed while it was packed'))
    },
  })
  content.once('error', (error) => check.destroy(unreadable(entry.path, 'cannot be read', error)))
  return content.pipe(check)
}

/** An entry without the end of an archive: the spooled one goes on after it. */
async function dockerfileTar(
  { path, mode, modified }: ContextDockerfile,
  text: string,
  options: PackOptions,
): Promise<Buffer> {
  const stream = packStream()
  stream.entry({ name: path, mode, mtime: timeOf(modified, options), ...OWNER }, text)
  stream.finalize()
  const whole = await buffer(stream)
  return whole.subarray(0, whole.length - END_OF_ARCHIVE)
}

/** Two empty blocks. @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 */
const END_OF_ARCHIVE = 1024

async function* joined(head: Promise<Buffer>, spool: string): AsyncGenerator<Buffer> {
  yield await head
  yield* createReadStream(spool, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>
}
