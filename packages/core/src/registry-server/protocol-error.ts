/**
 * The error codes that the server answers with.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
 */
export type ProtocolCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED'
  // Not one of the specification's: what registries say where the fault is their own.
  | 'UNKNOWN'

/** A request that is answered with an error of the specification; it never leaves this folder. */
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

/** What any failure is answered with: the system's error code is told, its paths are not. */
export function asProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return new ProtocolError(500, 'UNKNOWN', `the registry failed${code}`)
}
