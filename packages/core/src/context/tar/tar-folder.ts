import { EventEmitter } from 'node:events'
import { chmod, lutimes, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type ExtractOptions, extract, type Headers } from 'tar-fs'
import type { Header } from 'tar-stream'
import { type CheckedEntry, EntryError, TarGuard } from './tar-guard.js'

/** Bits of a mode that tar-fs drops: set-uid, set-gid and sticky. */
const SPECIAL_BITS = 0o7000

/** The content of an entry, as tar-stream reads it. */
type Content = AsyncIterable<unknown> & { resume(): unknown }

/** The archive ended within the content of an entry. */
export class ContentError extends Error {}

/** Options that the types of tar-fs lack. */
interface UnpackOptions extends ExtractOptions {
  readonly chown: boolean
  readonly umask: number
  readonly validateSymlinks: boolean
  /** Source of the entries: tar-fs unpacks checked entries only. */
  readonly extract: EventEmitter
}

/**
 * A directory for unpacking an archive with tar-fs; nothing else writes there. Files belong to this user, with the
 * modes and times of the archive.
 */
export class TarFolder {
  readonly #root: string
  readonly #guard = new TarGuard()
  readonly #checked = new EventEmitter()
  /** Created last, deepest first, because a directory may be read-only. */
  readonly #directories = new Map<string, CheckedEntry>()

  constructor(root: string) {
    this.#root = root
    // A symbolic link may have any target: nothing is written through it, and it is sent as a link.
    const options: UnpackOptions = { extract: this.#checked, chown: false, umask: 0, validateSymlinks: false }
    extract(root, options)
  }

  /** Unpacks one entry; a directory at the end. @throws EntryError; ContentError */
  async add(header: Header, content: Content): Promise<void> {
    const entry = this.#guard.check(header)
    if (entry?.type === 'directory') this.#directories.set(entry.path, entry)
    else if (entry !== undefined) await this.#unpack(entry, Readable.from(chunksOf(content), { objectMode: false }))
    content.resume()
  }

  /** Makes the directories of the archive, with their modes and times. @throws EntryError */
  async finish(): Promise<void> {
    const depth = ({ path }: CheckedEntry) => path.split('/').length
    const deepestFirst = [...this.#directories.values()].sort((one, other) => depth(other) - depth(one))
    for (const entry of deepestFirst) await this.#unpack(entry, Readable.from([]))
  }

  async #unpack(entry: CheckedEntry, content: Readable): Promise<void> {
    const { name, path, type, mode, mtime, isReplacing } = entry
    const file = join(this.#root, path)
    try {
      // A hard link shares its content, and a read-only file cannot be opened.
      if (isReplacing) await unlink(file)
      await this.#write(entry, content)
      // tar-fs does neither.
      if (type === 'symlink') await lutimes(file, mtime, mtime)
      else if (mode & SPECIAL_BITS) await chmod(file, mode)
    } catch (error) {
      if (error instanceof ContentError) throw error
      throw new EntryError(name, `cannot be unpacked: ${error instanceof Error ? error.message : error}`, error)
    }
  }

  #write({ path, type, target, mode, mtime }: CheckedEntry, content: Readable): Promise<void> {
    const header: Headers & { linkname: string } = {
      name: path,
      type,
      linkname: target,
      mode,
      mtime,
      size: 0,
      uid: 0,
      gid: 0,
    }
    return new Promise((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve())
      this.#checked.emit('entry', header, content, done)
    })
  }
}

/** A stream that fails when it is read: tar-fs waits for ever for a stream that failed earlier. */
async function* chunksOf(content: Content): AsyncGenerator<unknown> {
  try {
    yield* content
  } catch (cause) {
    throw new ContentError('archive cannot be read', { cause })
  }
}
