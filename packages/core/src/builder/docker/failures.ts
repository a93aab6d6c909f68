import { CancelledError, EngineError, type ErrorCode, PolyarchError } from '../../model/errors.js'
import { SSH_FAILED } from './ssh-connection.js'
import { tlsFault } from './tls-fault.js'

/** The engine answered a request with an HTTP status that is no success. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What an operation was about, for its errors. */
export interface FailureContext {
  readonly address: string
  readonly signal: AbortSignal | undefined
  /** What was asked, as in "the engine refused to …". */
  readonly action: string
  /** Code of a refusal; ENGINE_REJECTED unless told otherwise. */
  readonly code?: ErrorCode
}

const HOW_TO_GET_ONE =
  'Start Docker, or install it (https://docs.docker.com/engine/install/; on Debian: apt-get install docker.io). ' +
  'Where the engine is elsewhere, set DOCKER_HOST or choose a docker context.'

/** Turns whatever an operation threw into the error that polyarch tells; errors that are bugs stay as they are. */
export function engineFailure(error: unknown, context: FailureContext): unknown {
  if (error instanceof CancelledError) return error
  // Whatever else went wrong by then came of it.
  if (context.signal?.aborted) return new CancelledError(context.signal.reason)
  if (error instanceof PolyarchError) return error
  if (error instanceof Refusal) return refused(error, context)
  // Node's own complaints of wrong arguments have a code too, and are bugs.
  if (error instanceof Error && !(error instanceof TypeError) && 'code' in error && typeof error.code === 'string') {
    return unreachable(error, error.code, context)
  }
  return error
}

/** Runs an operation, and gives its failure the form of {@link engineFailure}. */
export async function withFailures<T>(context: FailureContext, operation: () => Promise<T>): Promise<T> {
  try {
    if (context.signal?.aborted) throw new CancelledError(context.signal.reason)
    return await operation()
  } catch (error) {
    throw engineFailure(error, context)
  }
}

function refused(refusal: Refusal, { action, code = 'ENGINE_REJECTED' }: FailureContext): EngineError {
  return new EngineError(code, `the engine refused to ${action} (HTTP ${refusal.status}): ${refusal.message}`, {
    cause: refusal,
  })
}

const NOT_PERMITTED =
  'This user may not use the socket: run as root, or add the user to the group that owns it (usually docker).'

/** What to do, by the code of the error, where it is not that there is no engine. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['EACCES', NOT_PERMITTED],
  ['EPERM', NOT_PERMITTED],
  [SSH_FAILED, "See that ssh reaches the host without asking anything, and that 'docker version' works there."],
])

/** Codes of a connection that had been made and then broke. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])

function unreachable(cause: Error, code: string, { address, action }: FailureContext): EngineError {
  const reason = cause.message || code
  const fault = tlsFault(code)
  if (fault) {
    const message = `the engine at ${address} cannot be spoken to: ${fault.reason}`
    return new EngineError('ENGINE_UNREACHABLE', message, { hint: fault.hint, cause })
  }
  if (BROKEN.has(code)) {
    return new EngineError('ENGINE_UNREACHABLE', `the connection to the engine at ${address} broke: ${reason}`, {
      hint: `It was asked to ${action}. See whether the engine is still running, and run again.`,
      cause,
    })
  }
  const hint = HINTS.get(code) ?? HOW_TO_GET_ONE
  return new EngineError('ENGINE_UNREACHABLE', `no engine answers at ${address}: ${reason}`, { hint, cause })
}
