import { chmod, link, lstat, lutimes, mkdir, open, symlink, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Header } from 'tar-stream'
import { isMissing } from '../model/is-missing.js'

/** Linux's PATH_MAX, in bytes. */
const MAX_PATH = 4096
/** The most of a path that a message shows, in characters. */
const MAX_SHOWN = 200

/** An entry of an archive that is not unpacked. */
export class EntryError extends Error {
  constructor(name: string, reason: string, cause?: unknown) {
    super(`entry ${shown(name)} ${reason}`, { cause })
  }
}

/**
 * The folder that an archive is unpacked into; nobody else writes there. Files belong to this user, with the modes and
 * times of the archive. Devices and pipes are left out: an ordinary user cannot make them.
 */
export class TarFolder {
  readonly #root: string
  /** Paths that are directories, and stay so: nothing replaces a directory. */
  readonly #directories = new Set<string>([''])
  /** Modes and times of directories, set at the end: a directory may be read-only. */
  readonly #attributes = new Map<string, Header>()

  constructor(root: string) {
    this.#root = root
  }

  /** Unpacks one entry. @throws EntryError */
  async add(header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { name } = header
    try {
      const path = pathOf(name, name)
      requireValid(header)
      await this.#unpack(path, header, content)
    } catch (error) {
      throw error instanceof EntryError ? error : new EntryError(name, `cannot be unpacked: ${messageOf(error)}`, error)
    }
  }

  /** Sets modes and times of directories, the deepest first. @throws EntryError */
  async finish(): Promise<void> {
    const paths = [...this.#attributes].sort(([one], [other]) => other.split('/').length - one.split('/').length)
    for (const [path, { name, mode = 0o755, mtime }] of paths) {
      try {
        await chmod(join(this.#root, path), mode & 0o7777)
        if (mtime !== undefined) await utimes(join(this.#root, path), mtime, mtime)
      } catch (error) {
        throw new EntryError(name, `cannot be unpacked: ${messageOf(error)}`, error)
      }
    }
  }

  async #unpack(path: string, header: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    switch (header.type) {
      case 'directory':
        await this.#makeDirectories(header.name, path)
        this.#attributes.set(path, header)
        return
      case 'file':
      case 'contiguous-file':
        return this.#writeFile(await this.#makePlace(header.name, path), header, content)
      case 'symlink':
        return this.#makeSymlink(await this.#makePlace(header.name, path), header)
      case 'link':
        return this.#makeLink(path, header)
      case 'fifo':
      case 'character-device':
      case 'block-device':
        return
      default:
        throw new EntryError(header.name, 'is of a kind that is not supported')
    }
  }

  /** Makes the directories above a path, and removes a file that an earlier entry put there. */
  async #makePlace(name: string, path: string): Promise<string> {
    if (path === '') throw new EntryError(name, 'has no name')
    await this.#makeDirectories(name, parentOf(path))
    const file = join(this.#root, path)
    const kind = await kindOf(file)
    if (kind === 'symlink') throw new EntryError(name, 'is in the place of a symbolic link')
    if (kind === 'directory') throw new EntryError(name, 'is in the place of a directory')
    if (kind !== undefined) await unlink(file)
    return file
  }

  async #makeDirectories(name: string, path: string): Promise<void> {
    if (this.#directories.has(path)) return
    let parent = ''
    for (const part of path.split('/')) {
      parent = parent === '' ? part : `${parent}/${part}`
      if (this.#directories.has(parent)) continue
      const kind = await kindOf(join(this.#root, parent))
      if (kind === undefined) await mkdir(join(this.#root, parent), 0o777)
      else if (kind === 'symlink') throw new EntryError(name, `leads through the symbolic link ${shown(parent)}`)
      else if (kind === 'file') throw new EntryError(name, `is in ${shown(parent)}, which is a file`)
      this.#directories.add(parent)
    }
  }

  async #writeFile(file: string, { mode = 0o644, mtime }: Header, content: AsyncIterable<Uint8Array>): Promise<void> {
    await using output = await open(file, 'wx', 0o600)
    for await (const chunk of content) await output.appendFile(chunk)
    await output.chmod(mode & 0o7777)
    if (mtime !== undefined) await output.utimes(mtime, mtime)
  }

  async #makeSymlink(file: string, { name, linkname, mtime }: Header): Promise<void> {
    if (!linkname) throw new EntryError(name, 'is a symbolic link without a target')
    await symlink(linkname, file)
    if (mtime !== undefined) await lutimes(file, mtime, mtime)
  }

  /** Another name of a file of this archive: a link above it could lead to a file of this machine. */
  async #makeLink(path: string, { name, linkname }: Header): Promise<void> {
    if (!linkname) throw new EntryError(name, 'is a hard link without a target')
    const target = pathOf(linkname, name)
    const existing = join(this.#root, target)
    const isFile = this.#directories.has(parentOf(target)) && (await kindOf(existing)) === 'file'
    if (!isFile) {
      throw new EntryError(name, `is a hard link to ${shown(linkname)}, which is not a file of the archive`)
    }
    if (target !== path) await link(existing, await this.#makePlace(name, path))
  }
}

type Kind = 'directory' | 'symlink' | 'file'

async function kindOf(file: string): Promise<Kind | undefined> {
  const stats = await lstat(file).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
  if (stats === undefined) return undefined
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'symlink' : 'file'
}

/** A path as the folder has it: relative, without `.` and `..`. @param entry - the entry that an error names */
function pathOf(written: string, entry: string): string {
  if (written.includes('\0')) throw new EntryError(entry, 'has a NUL character in a path')
  if (Buffer.byteLength(written) > MAX_PATH) throw new EntryError(entry, `has a path of more than ${MAX_PATH} bytes`)
  if (process.platform === 'win32' && /[\\:]/.test(written))
    throw new EntryError(entry, 'has a path that Windows cannot have')
  const parts: string[] = []
  for (const part of written.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) throw new EntryError(entry, 'leads out of the archive')
  }
  return parts.join('/')
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

function requireValid({ name, size, mode, mtime }: Header): void {
  // tar-stream waits for ever for the end of an entry whose size it could not read.
  if (!isSize(size)) throw new EntryError(name, 'has a size that is not a number')
  if (mode !== undefined && !Number.isSafeInteger(mode)) throw new EntryError(name, 'has a mode that is not a number')
  if (mtime !== undefined && Number.isNaN(mtime.getTime())) throw new EntryError(name, 'has a time that is not a date')
}

function isSize(size: unknown): boolean {
  return size === undefined || (Number.isSafeInteger(size) && Number(size) >= 0)
}

function shown(path: string): string {
  return JSON.stringify(path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
