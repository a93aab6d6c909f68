import type { Header } from 'tar-stream'
import { LIMITS } from '../../model/limits.js'

/** Highest length of a path in a message, in characters. */
const MAX_SHOWN = 200

/** An entry of an archive that is not unpacked. */
export class EntryError extends Error {
  constructor(name: string, reason: string, cause?: unknown) {
    super(`entry ${shown(name)} ${reason}`, { cause })
  }
}

/** An entry that is safe to unpack, in the order of the calls of {@link TarGuard.check}. */
export interface CheckedEntry {
  /** The path in the archive, for messages. */
  readonly name: string
  readonly type: 'directory' | 'file' | 'link' | 'symlink'
  /** Relative to the folder, without `.` and `..`. */
  readonly path: string
  /** For a hard link, a path in the folder; for a symbolic link, any text. */
  readonly target: string
  /** Permission bits, with set-uid, set-gid and sticky. */
  readonly mode: number
  readonly mtime: Date
  /** Whether an earlier entry is a file at this path. */
  readonly isReplacing: boolean
}

type Node = 'directory' | 'symlink' | CheckedEntry

/**
 * Decides by their headers which entries of an archive are unpacked. No entry may be outside of the folder or behind a
 * link. Devices and pipes are omitted, because an ordinary user cannot make them.
 */
export class TarGuard {
  readonly #platform: NodeJS.Platform
  readonly #nodes = new Map<string, Node>([['', 'directory']])
  #entries = 0
  #pathBytes = 0

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform
  }

  /** Returns undefined for an omitted entry. @throws EntryError */
  check(header: Header): CheckedEntry | undefined {
    requireNumbers(header)
    this.#requireBounded(header)
    const path = this.#pathOf(header.name, header.name)
    switch (header.type) {
      case 'directory':
        this.#addDirectories(header.name, path)
        return path === '' ? undefined : entryOf(header, 'directory', path)
      case 'file':
      case 'contiguous-file':
        return this.#addFile(entryOf(header, 'file', path))
      case 'symlink':
        return this.#addSymlink(header, path)
      case 'link':
        return this.#addLink(header, path)
      case 'fifo':
      case 'character-device':
      case 'block-device':
        return undefined
      default:
        throw new EntryError(header.name, 'has an unsupported type')
    }
  }

  #addFile(entry: CheckedEntry): CheckedEntry {
    const { name, path } = entry
    if (path === '') throw new EntryError(name, 'has no name')
    this.#addDirectories(name, path.slice(0, Math.max(path.lastIndexOf('/'), 0)))
    const existing = this.#nodes.get(this.#keyOf(path))
    if (existing === 'symlink') throw new EntryError(name, 'replaces a symbolic link')
    if (existing === 'directory') throw new EntryError(name, 'replaces a directory')
    const checked = { ...entry, isReplacing: existing !== undefined }
    this.#nodes.set(this.#keyOf(path), entry.type === 'symlink' ? 'symlink' : checked)
    return checked
  }

  #addSymlink(header: Header, path: string): CheckedEntry {
    const { name, linkname } = header
    this.#requireLinks(name)
    if (!linkname) throw new EntryError(name, 'is a symbolic link without a target')
    if (linkname.includes('\0')) throw new EntryError(name, 'has a NUL character in its target')
    return this.#addFile({ ...entryOf(header, 'symlink', path), target: linkname })
  }

  /** A hard link to a file of this archive: a link in its path could lead to a file of this machine. */
  #addLink({ name, linkname }: Header, path: string): CheckedEntry | undefined {
    this.#requireLinks(name)
    if (!linkname) throw new EntryError(name, 'is a hard link without a target')
    const target = this.#pathOf(linkname, name)
    const file = this.#nodes.get(this.#keyOf(target))
    if (file === undefined || file === 'directory' || file === 'symlink') {
      throw new EntryError(name, `is a hard link to ${shown(linkname)}, which is not a file in the archive`)
    }
    if (this.#keyOf(target) === this.#keyOf(path)) return undefined
    return this.#addFile({ ...file, name, type: 'link', path, target })
  }

  /** Adds a directory and those above it. */
  #addDirectories(name: string, path: string): void {
    let parent = ''
    for (const part of path.split('/')) {
      parent = parent === '' ? part : `${parent}/${part}`
      const node = this.#nodes.get(this.#keyOf(parent))
      if (node === undefined) this.#nodes.set(this.#keyOf(parent), 'directory')
      else if (node === 'symlink') throw new EntryError(name, `goes through the symbolic link ${shown(parent)}`)
      else if (node !== 'directory') throw new EntryError(name, `is in ${shown(parent)}, which is a file`)
    }
  }

  /** Normalises a path relative to the folder. @param entry - the entry that an error names */
  #pathOf(written: string, entry: string): string {
    if (written.includes('\0')) throw new EntryError(entry, 'has a NUL character in a path')
    if (Buffer.byteLength(written) > LIMITS.path)
      throw new EntryError(entry, `has a path of more than ${LIMITS.path} bytes`)
    const parts: string[] = []
    for (const part of written.split('/')) {
      if (part === '' || part === '.') continue
      if (part !== '..') parts.push(part)
      else if (parts.pop() === undefined) throw new EntryError(entry, 'is outside of the archive')
    }
    if (parts.length > LIMITS.pathDepth)
      throw new EntryError(entry, `has a path of more than ${LIMITS.pathDepth} directories`)
    if (this.#platform === 'win32' && parts.some((part) => /[\\:*?"<>|]|[. ]$/.test(part)))
      throw new EntryError(entry, 'has a path that is not valid on Windows')
    return parts.join('/')
  }

  /**
   * The form of a path that the file system compares: macOS and Windows ignore case, and macOS the Unicode
   * normalisation.
   */
  #keyOf(path: string): string {
    const isFolded = this.#platform === 'darwin' || this.#platform === 'win32'
    return isFolded ? path.normalize('NFC').toLowerCase() : path
  }

  /** tar-fs omits links on Windows without an error. */
  #requireLinks(name: string): void {
    if (this.#platform === 'win32') throw new EntryError(name, 'is a link, which is not supported on Windows')
  }

  #requireBounded({ name, linkname }: Header): void {
    this.#entries += 1
    this.#pathBytes += name.length + (linkname?.length ?? 0)
    if (this.#entries > LIMITS.archiveEntries)
      throw new EntryError(name, `is one of more than ${LIMITS.archiveEntries} entries`)
    if (this.#pathBytes > LIMITS.archivePathBytes)
      throw new EntryError(name, `is one of paths of more than ${LIMITS.archivePathBytes} characters in total`)
  }
}

function entryOf(header: Header, type: CheckedEntry['type'], path: string): CheckedEntry {
  const mode = header.mode ?? (type === 'directory' ? 0o755 : 0o644)
  const mtime = header.mtime ?? new Date(0)
  return { name: header.name, type, path, target: '', mode: mode & 0o7777, mtime, isReplacing: false }
}

function requireNumbers({ name, size, mode, mtime }: Header): void {
  // tar-stream waits for ever for the end of an entry whose size it could not read.
  const isSize = size === undefined || (Number.isSafeInteger(size) && size >= 0)
  if (!isSize) throw new EntryError(name, 'has a size that is not a number')
  if (mode !== undefined && !Number.isSafeInteger(mode)) throw new EntryError(name, 'has a mode that is not a number')
  if (mtime !== undefined && Number.isNaN(mtime.getTime())) throw new EntryError(name, 'has a time that is not a date')
}

function shown(path: string): string {
  return JSON.stringify(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path)
}
