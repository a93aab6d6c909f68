import { CancelledError, EngineError, type ErrorCode, PolyarchError } from '../../model/errors.js'
import { isConnectionError, unreachableBuilder } from '../dial/unreachable.js'

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

const HINTS = {
  kind: 'engine',
  start:
    'Start Docker, or install it (https://docs.docker.com/engine/install/; on Debian: apt-get install docker.io). ' +
    'Where the engine is elsewhere, set DOCKER_HOST or choose a docker context.',
  program: "See that ssh reaches the host without asking anything, and that 'docker version' works there.",
}

/** Turns whatever an operation threw into the error that polyarch tells; errors that are bugs stay as they are. */
export function engineFailure(error: unknown, context: FailureContext): unknown {
  if (error instanceof CancelledError) return error
  // Whatever else went wrong by then came of it.
  if (context.signal?.aborted) return new CancelledError(context.signal.reason)
  if (error instanceof PolyarchError) return error
  if (error instanceof Refusal) return refused(error, context)
  if (isConnectionError(error)) return unreachableBuilder(error, { ...context, ...HINTS })
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
