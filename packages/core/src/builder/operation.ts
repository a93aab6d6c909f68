import { CancelledError, EngineError, type EngineErrorCode, PolyarchError } from '../model/errors.js'
import { withHeartbeat } from './build/heartbeat.js'
import { GrpcError } from './buildkit/grpc/grpc-error.js'
import type { BuilderCall } from './port.js'
import { isConnectionError, type UnreachableContext, unreachableBuilder } from './transport/unreachable.js'

/** The operation of a builder, for its errors. */
export interface OperationContext extends UnreachableContext {
  readonly signal: AbortSignal | undefined
  /** Error code if the builder rejects the operation; ENGINE_REJECTED by default. */
  readonly code?: EngineErrorCode
  /** Returns the message with which a builder rejected the operation; undefined for any other error. */
  readonly rejection?: (error: unknown) => string | undefined
}

/** Converts an operation's error to one that is documented at the port; bugs are unchanged. */
function operationError(error: unknown, context: OperationContext): unknown {
  const { signal, kind, action, code = 'ENGINE_REJECTED', rejection } = context
  if (error instanceof CancelledError) return error
  // After an abort, other errors are its consequences.
  if (signal?.aborted) return new CancelledError(signal.reason)
  if (error instanceof PolyarchError) return error
  const reason = error instanceof GrpcError ? `: ${error.message}` : rejection?.(error)
  if (reason !== undefined) return new EngineError(code, `the ${kind} refused to ${action}${reason}`, { cause: error })
  return isConnectionError(error) ? unreachableBuilder(error, context) : error
}

/** Runs an operation of a builder: ends it if the builder stops answering, and converts its error. */
export async function runOperation<T>(
  context: OperationContext,
  { beat, onEvent }: Pick<BuilderCall, 'onEvent'> & { readonly beat: (signal: AbortSignal) => Promise<unknown> },
  operation: (own: BuilderCall) => Promise<T>,
): Promise<T> {
  const { signal } = context
  try {
    if (signal?.aborted) throw new CancelledError(signal.reason)
    return await withHeartbeat({ signal, beat }, (own) => operation({ signal: own, onEvent }))
  } catch (error) {
    throw operationError(error, context)
  }
}
