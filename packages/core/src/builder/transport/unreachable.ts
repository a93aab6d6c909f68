import { EngineError } from '../../model/errors.js'
import { PROGRAM_FAILED } from './program-stream.js'
import { tlsError } from './tls-error.js'

/** An error of a connection, with Node.js's code for it. */
export type ConnectionError = Error & { readonly code: string }

/** Parts of a message about an unreachable builder. */
export interface UnreachableContext {
  readonly address: string
  /** The requested operation, as in "the request was to …". */
  readonly action: string
  /** Kind of program at the address: `engine`, `BuildKit`. */
  readonly kind: string
  /** The hint if nothing listens at the address. */
  readonly start: string
  /** The hint if the program that connects has failed. */
  readonly program: string
}

const NOT_PERMITTED = 'run as root, or add this user to the group that owns the socket (usually docker)'

/** Codes of a connection that had been made and then broke. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])

/** Whether an error is one of a connection. Node.js's errors about wrong arguments have a code too, and are bugs. */
export function isConnectionError(error: unknown): error is ConnectionError {
  return error instanceof Error && !(error instanceof TypeError) && 'code' in error && typeof error.code === 'string'
}

/** The error for a builder whose connection cannot be made, or broke: ENGINE_UNREACHABLE. */
export function unreachableBuilder(cause: ConnectionError, context: UnreachableContext): EngineError {
  const { address, action, kind, start, program } = context
  const { code } = cause
  const reason = cause.message || code
  const issue = tlsError(code)
  if (issue) {
    const message = `the ${kind} at ${address} cannot be used: ${issue.reason}`
    return new EngineError('ENGINE_UNREACHABLE', message, { hint: issue.hint, cause })
  }
  if (BROKEN.has(code)) {
    return new EngineError('ENGINE_UNREACHABLE', `the connection to the ${kind} at ${address} was lost: ${reason}`, {
      hint: `check that the ${kind} is running, and run again; the request was to ${action}`,
      cause,
    })
  }
  const hint = hintFor(code) ?? start
  return new EngineError('ENGINE_UNREACHABLE', `no ${kind} answers at ${address}: ${reason}`, { hint, cause })

  function hintFor(name: string): string | undefined {
    if (name === 'EACCES' || name === 'EPERM') return NOT_PERMITTED
    return name === PROGRAM_FAILED ? program : undefined
  }
}
