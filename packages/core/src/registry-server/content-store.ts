import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import pLimit from 'p-limit'
import { syncFolder } from '../layout/durable-file.js'
import { contentFolder, contentPath } from '../layout/layout-format.js'
import { type Digest, isDigest } from '../model/digest.js'

/** Bytes of the store that are open for reading. */
export interface OpenContent {
  readonly file: FileHandle
  /** In bytes. */
  readonly size: number
}

/** The bytes of blobs and manifests, each once, whatever the number of repositories that hold it. */
export class ContentStore {
  readonly #layout: string
  /** Bytes appear and disappear one after another, so that none is removed between its arrival and its first link. */
  readonly #inTurn = pLimit(1)

  private constructor(layout: string) {
    this.#layout = layout
  }

  /** Opens the content of an image layout, and makes its folder where it is missing. */
  static async open(layout: string): Promise<ContentStore> {
    await mkdir(contentFolder(layout), { recursive: true })
    return new ContentStore(layout)
  }

  /** Opens the bytes of a digest; undefined where they are missing. */
  async read(digest: Digest): Promise<OpenContent | undefined> {
    const file = await open(contentPath(this.#layout, digest), 'r').catch(undefinedIfMissing)
    return file && { file, size: (await file.stat()).size }
  }

  /**
   * Takes over a file whose bytes are verified and synced.
   *
   * @param link - called at the moment that the bytes are in place; from then on they are kept.
   */
  async adopt(temporary: string, digest: Digest, link: () => void): Promise<void> {
    await this.#inTurn(async () => {
      await rename(temporary, contentPath(this.#layout, digest))
      link()
    })
    await syncFolder(contentFolder(this.#layout))
  }

  /** Removes the bytes of a digest, unless they are needed when its turn comes. */
  async drop(digest: Digest, isNeeded: () => boolean): Promise<void> {
    await this.#inTurn(async () => {
      if (!isNeeded()) await rm(contentPath(this.#layout, digest), { force: true })
    })
  }

  /** Removes all that a crash left between the arrival of bytes and the record of who holds them. */
  async sweep(isNeeded: (digest: Digest) => boolean): Promise<void> {
    for (const name of await readdir(contentFolder(this.#layout))) {
      const digest = `sha256:${name}`
      if (isDigest(digest) && !isNeeded(digest)) await rm(contentPath(this.#layout, digest), { force: true })
    }
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
