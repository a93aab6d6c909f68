import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ProtocolError } from './protocol-error.js'
import { Upload } from './upload.js'

/** Milliseconds after which an upload that nobody goes on with is forgotten. */
const ABANDONED_AFTER = 60 * 60 * 1000

/** The uploads that are under way. They end with the process: what a crash leaves is removed by the next one. */
export class Uploads {
  readonly #byId = new Map<string, Upload>()

  private constructor(readonly folder: string) {}

  /** Opens the folder that uploads are gathered in, and empties it. */
  static async open(directory: string): Promise<Uploads> {
    const folder = join(directory, 'incoming')
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder)
    return new Uploads(folder)
  }

  /** Begins an upload into a repository. */
  async start(repository: string): Promise<Upload> {
    await this.#forgetAbandoned()
    const upload = new Upload(this.folder, repository)
    this.#byId.set(upload.id, upload)
    return upload
  }

  /**
   * The upload of that id in that repository.
   *
   * @throws ProtocolError BLOB_UPLOAD_UNKNOWN
   */
  get(repository: string, id: string): Upload {
    const upload = this.#byId.get(id)
    if (upload?.repository !== repository) {
      throw new ProtocolError(404, 'BLOB_UPLOAD_UNKNOWN', `there is no upload ${id} in ${repository}`)
    }
    return upload
  }

  /** Takes an upload out, so that no other request finds it. */
  take(upload: Upload): void {
    this.#byId.delete(upload.id)
  }

  /** Forgets an upload and its bytes. */
  async discard(upload: Upload): Promise<void> {
    this.take(upload)
    await upload.discard()
  }

  /** A path in the folder that nothing else uses. */
  freshPath(): string {
    return join(this.folder, randomUUID())
  }

  async #forgetAbandoned(): Promise<void> {
    const limit = Date.now() - ABANDONED_AFTER
    for (const upload of this.#byId.values()) {
      if (upload.touched < limit) await this.discard(upload)
    }
  }
}
