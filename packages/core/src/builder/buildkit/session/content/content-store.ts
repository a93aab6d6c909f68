import type { Digest } from '../../../../model/digest.js'

/** Content by digest that builds read from this machine and may add to. */
export interface ContentStore {
  /** Size of the content in bytes; undefined if the store does not have it. */
  size(digest: Digest): Promise<number | undefined>
  /** The content from an offset on, `length` bytes at most. */
  read(digest: Digest, offset: number, length: number): AsyncIterable<Uint8Array>
  /** Starts adding content. Undefined for a read-only store. */
  readonly add?: () => Promise<ContentAddition>
}

/** Content that is being written to a store. Disposal deletes it unless it was committed. */
export interface ContentAddition extends AsyncDisposable {
  /**
   * Appends bytes; `offset` is the current size, or 0 to start again.
   *
   * @throws RangeError at another offset
   */
  write(data: Uint8Array, offset: number): Promise<void>
  /** Bytes so far. */
  readonly size: number
  /** Stores the written content. @param expected - its digest, if it is known in advance */
  commit(expected: Digest | undefined): Promise<Digest>
}
