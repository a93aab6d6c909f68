import { isDiskFull, STORAGE_FULL } from '../model/disk-full.js'

/**
 * The error codes of the server. INSUFFICIENT_STORAGE and UNKNOWN are not part of the specification.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
 */
export type ProtocolCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'INSUFFICIENT_STORAGE'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED'
  | 'UNKNOWN'

/** An error response of the protocol; it is not thrown outside of this folder. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'

  constructor(
    /** HTTP status. */
    readonly status: number,
    readonly code: ProtocolCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }

  /** The body of the answer. */
  toJson(): string {
    return JSON.stringify({ errors: [{ code: this.code, message: this.message }] })
  }
}

/** Converts any error to a response: with the system's error code, without its paths. */
export function asProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  if (isDiskFull(error))
    return new ProtocolError(STORAGE_FULL, 'INSUFFICIENT_STORAGE', 'the disk of the registry is full')
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return new ProtocolError(500, 'UNKNOWN', `the registry failed${code}`)
}
