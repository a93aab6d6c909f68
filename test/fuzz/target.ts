type ErrorClass = abstract new (...args: never[]) => Error

/** A parser of data that others wrote, and what its inputs look like. */
export interface FuzzTarget {
  readonly name: string
  /** Valid inputs. Random changes of them are the inputs. */
  readonly seeds: readonly (string | Uint8Array)[]
  /** Words of the format, which are inserted at random. */
  readonly words?: readonly string[]
  /** Reads an input. */
  read(input: Buffer): unknown
  /** Errors that it may throw beside those of polyarch. */
  readonly errors?: readonly ErrorClass[]
}
