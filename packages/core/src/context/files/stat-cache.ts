import { createHash, randomUUID } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Digest } from '../../model/digest.js'

/** Digests of files by path and status. */
export interface DigestCache {
  /** The digest of a file whose status has not changed since it was read. */
  find(path: string, stats: BigIntStats): Digest | undefined
  /** @param began - start of reading, after the status was read, in milliseconds since the epoch */
  add(path: string, stats: BigIntStats, digest: Digest, began: number): void
  /** Writes new entries. If that fails, later runs are only slower. */
  save(): Promise<void>
}

/** Options of the cache of file digests. */
export interface StatCacheOptions {
  /** The folder of all caches. */
  readonly folder: string
  /** In milliseconds; see {@link SETTLED}. */
  readonly settled?: number
}

const FORMAT = 'polyarch-context-1'
/**
 * Minimum age of the last change at the time of reading, in milliseconds: a change shortly afterwards could leave the
 * same times. The clock of a file system may have ticks of 2 s (FAT). A memory-mapped page updates the times only with
 * its first change after a write-back, which the kernel does after 30 to 35 s.
 */
const SETTLED = 120_000
/** Highest number of entries of one context. */
const MAX_FILES = 200_000
/** In bytes; a larger file is not read. */
const MAX_SIZE = 64 * 1024 * 1024
/** Age after which an unused cache is removed, in milliseconds. */
const EXPIRY = 30 * 24 * 60 * 60 * 1000
const DAY = 24 * 60 * 60 * 1000

/** File systems of this machine's own disks that change the ctime with each change: ext, btrfs, xfs, overlayfs, zfs, f2fs, bcachefs. */
const LOCAL = new Set([0xef53, 0x9123683e, 0x58465342, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e])

/** By path, with the day of the last use, so that entries of removed files expire. */
type Kept = Map<string, readonly [status: string, digest: Digest, day: number]>

/**
 * Opens the cache of a directory; undefined if a status does not prove equal content: on network file systems, whose
 * clock is another machine's, and on systems other than Linux. A cache file that is damaged or accessible to others is
 * ignored.
 */
export async function openStatCache(
  directory: string,
  { folder, settled = SETTLED }: StatCacheOptions,
): Promise<DigestCache | undefined> {
  if (process.platform !== 'linux' || !LOCAL.has((await statfs(directory)).type)) return undefined
  const file = join(folder, createHash('sha256').update(directory).digest('hex').slice(0, 32))
  const previous = await load(file, directory)
  const next: Kept = new Map()
  const today = Math.floor(Date.now() / DAY)
  let isChanged = false
  return {
    find(path, stats) {
      const known = previous.get(path)
      if (known === undefined || known[0] !== statusOf(stats)) return undefined
      next.set(path, [known[0], known[1], today])
      isChanged ||= known[2] !== today
      return known[1]
    },
    add(path, stats, digest, began) {
      const last = Math.max(Number(stats.mtimeNs / 1_000_000n), Number(stats.ctimeNs / 1_000_000n))
      if (last + settled >= began) return
      next.set(path, [statusOf(stats), digest, today])
      isChanged = true
    },
    async save() {
      if (!isChanged) return
      isChanged = false
      try {
        await store(file, directory, merged(next, previous, today))
      } catch {
        // A full disk or a read-only home is no reason to fail.
      }
    },
  }
}

function statusOf({ dev, ino, ctimeNs, mtimeNs, size, mode }: BigIntStats): string {
  // Serializing a bigint is slow; only the first three may exceed a safe integer.
  const changed = `${ctimeNs}`
  const modified = mtimeNs === ctimeNs ? '' : `${mtimeNs}`
  return `${dev} ${ino} ${changed} ${modified} ${Number(size)} ${Number(mode)}`
}

/** Merges the entries of this run with earlier ones that it did not select. */
function merged(next: Kept, previous: Kept, today: number): Kept {
  const all: Kept = new Map([...next].slice(0, MAX_FILES))
  for (const [path, known] of previous) {
    if (all.size >= MAX_FILES) break
    if (!all.has(path) && known[2] > today - EXPIRY / DAY) all.set(path, known)
  }
  return all
}

async function load(path: string, directory: string): Promise<Kept> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const { uid, mode, size } = await file.stat()
    if (uid !== process.geteuid?.() || (mode & constants.S_IFMT) !== constants.S_IFREG || mode & 0o077) return new Map()
    return size > MAX_SIZE ? new Map() : parse(await file.readFile('utf8'), directory)
  } catch {
    return new Map()
  }
}

function parse(text: string, directory: string): Kept {
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  if (text.slice(0, end) !== header(body)) return new Map()
  const [of, ...files] = JSON.parse(body) as [string, ...[string, string, string, number][]]
  if (of !== directory) return new Map()
  return new Map(files.map(([path, status, hex, day]) => [path, [status, `sha256:${hex}` as Digest, day]]))
}

function header(body: string): string {
  // The checksum detects damage, not attacks: a writer of this file already has this user's permissions.
  return `${FORMAT} ${crc32(body)}`
}

async function store(path: string, directory: string, kept: Kept): Promise<void> {
  const files = [...kept].map(([name, [status, digest, day]]) => [name, status, digest.slice('sha256:'.length), day])
  const body = JSON.stringify([directory, ...files])
  const folder = join(path, '..')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  try {
    {
      await using file = await open(draft, 'wx', 0o600)
      await file.writeFile(`${header(body)}\n${body}`)
    }
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  await removeExpired(folder)
}

async function removeExpired(folder: string): Promise<void> {
  const oldest = Date.now() - EXPIRY
  for (const name of await readdir(folder)) {
    const file = join(folder, name)
    if ((await stat(file)).mtimeMs < oldest) await rm(file, { force: true })
  }
}
