import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DigestAlgorithm } from '../../model/digest.js'
import { LIMITS } from '../../model/limits.js'
import { ProtocolError } from '../protocol-error.js'
import { Upload } from './upload.js'

/** Milliseconds after which an idle upload is discarded. */
const ABANDONED_AFTER = 60 * 60 * 1000

/** The same for an upload without content, if the limit of open uploads is reached. */
const UNUSED_AFTER = 60 * 1000

/** The open uploads. They end with the server; files that a crash leaves are removed by the next start. */
export class Uploads {
  readonly #byId = new Map<string, Upload>()

  private constructor(readonly folder: string) {}

  /** Opens the folder of uploads, and empties it. */
  static async open(directory: string): Promise<Uploads> {
    const folder = join(directory, 'incoming')
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
    return new Uploads(folder)
  }

  /**
   * Starts an upload to a repository.
   *
   * @throws ProtocolError TOOMANYREQUESTS
   */
  async start(repository: string, algorithm?: DigestAlgorithm): Promise<Upload> {
    if (this.#byId.size >= LIMITS.uploads) await this.#forget((upload) => upload.size === 0, UNUSED_AFTER)
    await this.#forget(() => true, ABANDONED_AFTER)
    if (this.#byId.size >= LIMITS.uploads) {
      const message = `the limit of ${LIMITS.uploads} open uploads is reached`
      throw new ProtocolError(429, 'TOOMANYREQUESTS', message, { 'retry-after': String(UNUSED_AFTER / 1000) })
    }
    const upload = new Upload(this.folder, repository, algorithm)
    this.#byId.set(upload.id, upload)
    return upload
  }

  /**
   * Returns the upload of an id in a repository.
   *
   * @throws ProtocolError BLOB_UPLOAD_UNKNOWN
   */
  get(repository: string, id: string): Upload {
    const upload = this.#byId.get(id)
    if (upload?.repository !== repository) {
      throw new ProtocolError(404, 'BLOB_UPLOAD_UNKNOWN', `upload ${id} does not exist in ${repository}`)
    }
    return upload
  }

  /** Removes an upload from the list, so that no other request finds it. */
  take(upload: Upload): void {
    this.#byId.delete(upload.id)
  }

  /** Discards an upload and its bytes. */
  async discard(upload: Upload): Promise<void> {
    this.take(upload)
    await upload.discard()
  }

  /** Discards all uploads, so that they take no space until the next start. */
  async close(): Promise<void> {
    for (const upload of this.#byId.values()) await this.discard(upload)
  }

  /** Returns an unused path in the folder. */
  freshPath(): string {
    return join(this.folder, randomUUID())
  }

  async #forget(isMeant: (upload: Upload) => boolean, after: number): Promise<void> {
    const limit = Date.now() - after
    for (const upload of this.#byId.values()) {
      if (upload.touched < limit && isMeant(upload)) await this.discard(upload)
    }
  }
}
