import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import pLimit from 'p-limit'
import { syncFolder } from '../../layout/durable-file.js'
import { contentFolder, contentPath } from '../../layout/layout-format.js'
import { algorithmOf, DIGEST_ALGORITHMS, type Digest, isDigest } from '../../model/digest.js'

/** Content that is open for reading. */
export interface OpenContent {
  readonly file: FileHandle
  /** In bytes. */
  readonly size: number
}

/** Links are not followed, and opening a pipe without a writer does not block. */
const READING = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The content of blobs and manifests, stored once for all repositories. */
export class ContentStore {
  readonly #layout: string
  readonly #present: Set<Digest>
  /** Content is added and removed in sequence, so that none is removed between its arrival and its first link. */
  readonly #inTurn = pLimit(1)

  private constructor(layout: string, present: Set<Digest>) {
    this.#layout = layout
    this.#present = present
  }

  /** Opens the content of an image layout, and makes its folders if they are missing. */
  static async open(layout: string): Promise<ContentStore> {
    const present = new Set<Digest>()
    for (const algorithm of DIGEST_ALGORITHMS) {
      const folder = contentFolder(layout, algorithm)
      await mkdir(folder, { recursive: true })
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const digest = `${algorithm}:${entry.name}`
        if (entry.isFile() && isDigest(digest)) present.add(digest)
      }
    }
    return new ContentStore(layout, present)
  }

  /** Whether the store has the content of a digest. */
  has(digest: Digest): boolean {
    return this.#present.has(digest)
  }

  /** Opens the content of a digest; undefined if it is missing. */
  async read(digest: Digest): Promise<OpenContent | undefined> {
    if (!this.has(digest)) return undefined
    const file = await open(contentPath(this.#layout, digest), READING).catch(undefinedIfMissing)
    const status = await file?.stat()
    if (file !== undefined && status?.isFile()) return { file, size: status.size }
    // Another process has removed or replaced the file.
    this.#present.delete(digest)
    await file?.close()
    return undefined
  }

  /**
   * Adopts a file whose content was verified and synced.
   *
   * @param link - called when the content is in place, to reference it
   */
  async adopt(temporary: string, digest: Digest, link: () => void): Promise<void> {
    await this.#inTurn(async () => {
      await rename(temporary, contentPath(this.#layout, digest))
      this.#present.add(digest)
      link()
    })
    await syncFolder(contentFolder(this.#layout, algorithmOf(digest)))
  }

  /** Removes the content of a digest, unless it is needed by then. */
  async drop(digest: Digest, isNeeded: () => boolean): Promise<void> {
    await this.#inTurn(async () => {
      if (!isNeeded()) await this.#remove(digest)
    })
  }

  /** Removes content that a crash left without a reference. */
  async sweep(isNeeded: (digest: Digest) => boolean): Promise<void> {
    for (const digest of this.#present) {
      if (!isNeeded(digest)) await this.#remove(digest)
    }
  }

  async #remove(digest: Digest): Promise<void> {
    await rm(contentPath(this.#layout, digest), { force: true })
    this.#present.delete(digest)
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  // ELOOP: it is a symbolic link. ENXIO: it is a socket.
  if (!['ENOENT', 'ELOOP', 'ENXIO'].includes(error.code ?? '')) throw error
}
