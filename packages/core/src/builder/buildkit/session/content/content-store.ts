import type { Digest } from '../../../../model/digest.js'

/** Content by digest, which builds read from this machine, and may add to. */
export interface ContentStore {
  /** Bytes of the content; undefined where the store has none. */
  size(digest: Digest): Promise<number | undefined>
  /** The content from an offset on, `length` bytes at most. */
  read(digest: Digest, offset: number, length: number): AsyncIterable<Uint8Array>
  /** Begins to add content. Undefined for a store that is only read. */
  readonly add?: () => Promise<ContentAddition>
}

/** Content on its way into a store. Disposal removes what has not been committed. */
export interface ContentAddition extends AsyncDisposable {
  /** Appends bytes; `offset` is how many there are, or 0, where it starts again. @throws RangeError at another offset */
  write(data: Uint8Array, offset: number): Promise<void>
  /** Bytes so far. */
  readonly size: number
  /** Stores what has been written. @param expected - its digest, where it is known before */
  commit(expected: Digest | undefined): Promise<Digest>
}
