import type { RegistryError } from '../../../model/errors.js'

/**
 * An error that may not occur again, so the request is repeated. It never leaves this folder: callers get the inner
 * error.
 */
export class TransientError extends Error {
  readonly error: RegistryError
  /** How long the registry requires clients to wait, in milliseconds. */
  readonly wait: number | undefined
  /** Whether the request timed out: each further attempt may take as long. */
  readonly isTimeOut: boolean

  constructor(
    error: RegistryError,
    { wait, isTimeOut = false }: { wait?: number | undefined; isTimeOut?: boolean } = {},
  ) {
    super(error.message, { cause: error })
    this.error = error
    this.wait = wait
    this.isTimeOut = isTimeOut
  }
}

/** The error for the caller. */
export function unwrapError(error: unknown): unknown {
  return error instanceof TransientError ? error.error : error
}

/**
 * The content of an upload, or a login, could not be read; the connection is not the cause. Never leaves this folder.
 */
export class SourceError extends Error {
  constructor(cause: unknown) {
    super('the content to send could not be read', { cause })
  }
}
