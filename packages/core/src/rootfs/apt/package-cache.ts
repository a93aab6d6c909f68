import { createHash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { removeStaleDrafts } from '../../host/stale-drafts.js'

/** In bytes: the packages of about 20 bases. */
const MAX_SIZE = 2 * 1024 ** 3

const SHA256 = /^[0-9a-f]{64}$/

/** Package files on disk, named by their hex sha256. All runs of a user share them. */
export class PackageCache {
  readonly #directory: string
  readonly #maxSize: number

  constructor(directory: string, maxSize = MAX_SIZE) {
    this.#directory = directory
    this.#maxSize = maxSize
  }

  /** Adds a regular file under the hash of its content. */
  async add(file: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
    const draft = join(this.#directory, randomUUID())
    try {
      await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      if (!(await source.stat()).isFile()) return
      const hash = await copy(source, draft)
      await rename(draft, join(this.#directory, hash))
    } finally {
      await rm(draft, { force: true })
    }
  }

  /** Marks packages as used now. Other names are ignored. */
  async markUsed(hashes: readonly string[]): Promise<void> {
    const now = new Date()
    for (const hash of hashes.filter((one) => SHA256.test(one))) {
      await utimes(join(this.#directory, hash), now, now).catch(() => {})
    }
  }

  /** Removes the packages whose last use is longest ago until the rest is small enough, and drafts of killed processes. */
  async prune(): Promise<void> {
    await removeStaleDrafts(this.#directory)
    const names = (await readdir(this.#directory).catch(() => [])).filter((name) => SHA256.test(name))
    const files = await Promise.all(names.map((name) => statusOf(join(this.#directory, name))))
    const newestFirst = files.flat().sort((one, other) => other.mtimeMs - one.mtimeMs)
    let size = 0
    for (const file of newestFirst) {
      size += file.size
      if (size > this.#maxSize) await rm(file.path, { force: true })
    }
  }
}

/** Without root, mmdebstrap reads as another user: the copy is readable for all, as the archive is. */
async function copy(source: FileHandle, target: string): Promise<string> {
  const hash = createHash('sha256')
  const content = source.createReadStream({ autoClose: false })
  await using file = await open(target, 'wx')
  const tap = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      yield chunk
    }
  }
  await pipeline(content, tap, file.createWriteStream())
  await chmod(target, 0o644)
  return hash.digest('hex')
}

/** Nothing if another process has removed the file. */
async function statusOf(path: string) {
  try {
    const { size, mtimeMs } = await stat(path)
    return [{ path, size, mtimeMs }]
  } catch {
    return []
  }
}
