import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type Digest, type DigestAlgorithm, DigestHash } from '../../model/digest.js'
import { ProtocolError } from '../protocol-error.js'

/** An unfinished upload, which no reader can access. */
export class Upload {
  readonly id = randomUUID()
  /** The file with the received bytes. */
  readonly path: string
  readonly #hash: DigestHash
  #size = 0
  #touched = Date.now()
  #sealed = false
  #current: { readonly body: Readable; readonly done: Promise<void> } | undefined

  /** @param algorithm - algorithm of the expected digest; another one requires reading the file again at the end. */
  constructor(
    folder: string,
    readonly repository: string,
    algorithm?: DigestAlgorithm,
  ) {
    this.path = join(folder, this.id)
    this.#hash = new DigestHash(algorithm)
  }

  /** Number of received bytes. */
  get size(): number {
    return this.#size
  }

  /** Time of the last activity, in milliseconds since the epoch; infinite while bytes are received. */
  get touched(): number {
    return this.#current === undefined ? this.#touched : Number.POSITIVE_INFINITY
  }

  /** The digest of the received bytes. */
  async digest(algorithm: DigestAlgorithm): Promise<Digest> {
    if (algorithm === this.#hash.algorithm) return this.#hash.digest
    const hash = new DigestHash(algorithm)
    if (this.#size === 0) return hash.digest
    for await (const chunk of createReadStream(this.path, { end: this.#size - 1 })) hash.update(chunk as Buffer)
    return hash.digest
  }

  /**
   * Ends a request that is still sending.
   * A client that sends a new request has lost its previous connection, which the server may not have noticed.
   */
  async interrupt(): Promise<void> {
    while (this.#current !== undefined) {
      this.#current.body.destroy()
      await this.#current.done
    }
    this.#touched = Date.now()
  }

  /**
   * Appends a body. If the body ends early, this rejects, and the received bytes are kept. If the bytes cannot be
   * stored, the body stays open, so that a response can be sent.
   *
   * @param checkStart - validates the number of bytes before this body, at a moment when no other request can
   * interfere.
   * @throws ProtocolError BLOB_UPLOAD_UNKNOWN
   */
  async append(body: Readable, checkStart: (size: number) => void): Promise<void> {
    while (this.#current !== undefined) await this.interrupt()
    if (this.#sealed) throw new ProtocolError(404, 'BLOB_UPLOAD_UNKNOWN', 'the upload has ended')
    checkStart(this.#size)
    const written = this.#write(body.iterator({ destroyOnReturn: false }))
    this.#current = { body, done: written.catch(() => {}) }
    try {
      await written
    } finally {
      this.#current = undefined
      this.#touched = Date.now()
    }
  }

  /**
   * Closes the upload for further bytes, so that the verified bytes are the stored ones.
   *
   * @throws ProtocolError BLOB_UPLOAD_INVALID
   */
  seal(): void {
    if (this.#current !== undefined || this.#sealed) {
      throw new ProtocolError(409, 'BLOB_UPLOAD_INVALID', 'another request uses the upload')
    }
    this.#sealed = true
  }

  /** Writes the bytes to the disk, so that they survive a power failure. */
  async sync(): Promise<void> {
    await using file = await open(this.path, 'a')
    await file.sync()
  }

  /** Discards all received bytes. */
  async discard(): Promise<void> {
    this.#sealed = true
    await this.interrupt()
    await rm(this.path, { force: true })
  }

  async #write(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await using file = await open(this.path, this.#size === 0 ? 'w' : 'r+')
    for await (const chunk of chunks) {
      await writeAt(file, chunk, this.#size)
      this.#hash.update(chunk)
      this.#size += chunk.byteLength
    }
  }
}

/**
 * Writes at an offset instead of appending, so that the next attempt overwrites a write that a full disk has cut off.
 */
async function writeAt(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, position + done)
    done += bytesWritten
  }
}
