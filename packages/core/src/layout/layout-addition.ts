import { type FileHandle, open, rm } from 'node:fs/promises'
import { type Digest, DigestHash } from '../model/digest.js'
import { contentSize, damaged, incomingPath, placeContent } from './layout-content.js'
import { makeLayout } from './layout-index.js'

/** Content that is written to a layout in parts. Disposal removes it unless it was committed. */
export class LayoutAddition implements AsyncDisposable {
  readonly #directory: string
  readonly #path: string
  readonly #file: FileHandle
  #hash = new DigestHash()
  #size = 0

  private constructor(directory: string, path: string, file: FileHandle) {
    this.#directory = directory
    this.#path = path
    this.#file = file
  }

  /** Starts an addition; creates the layout if necessary. @throws HostError DIRECTORY_IN_USE */
  static async start(directory: string): Promise<LayoutAddition> {
    await makeLayout(directory)
    const path = incomingPath(directory)
    return new LayoutAddition(directory, path, await open(path, 'wx'))
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size
  }

  /** Appends bytes. @param offset - the bytes so far; or 0, if it starts again. @throws RangeError at another offset */
  async write(data: Uint8Array, offset: number): Promise<void> {
    if (offset === 0 && this.#size > 0) {
      await this.#file.truncate(0)
      this.#hash = new DigestHash()
      this.#size = 0
    }
    if (offset !== this.#size) throw new RangeError(`${this.#size} bytes are written, but the next offset is ${offset}`)
    for (let at = 0; at < data.byteLength; ) {
      at += (await this.#file.write(data, at, data.byteLength - at, offset + at)).bytesWritten
    }
    this.#hash.update(data)
    this.#size += data.byteLength
  }

  /** Stores the content under its sha256 digest. @throws RegistryError DIGEST_MISMATCH if another one is expected */
  async commit(expected: Digest | undefined): Promise<Digest> {
    const { digest } = this.#hash
    if (expected !== undefined && digest !== expected) throw damaged(this.#directory, expected)
    await this.#file.sync()
    // Another build may have added the same meanwhile.
    if ((await contentSize(this.#directory, digest)) === undefined) {
      await placeContent(this.#directory, this.#path, digest)
    }
    return digest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await rm(this.#path, { force: true })
  }
}
