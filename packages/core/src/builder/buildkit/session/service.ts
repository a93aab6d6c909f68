import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Metadata,
  type MethodDefinition,
  type ServerDuplexStream,
  type ServerWritableStream,
  type StatusObject,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import type { MessageType } from '../grpc/messages.js'

/** One method that BuildKit calls back on, with its handler. */
export interface SessionMethod {
  readonly definition: MethodDefinition<object, object>
  /** @param onError - receives the error of the handler, of which BuildKit gets only the message */
  handler(onError: (error: unknown) => void): UntypedHandleCall
}

/** A service of the session, as its methods. Every other method is answered as unimplemented. */
export type SessionService = readonly SessionMethod[]

/** A status that the builder handles; it is not an error of the session. */
export class CallError extends Error {
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

/** The error for something that the session does not have; the build may continue. */
export class NotInSession extends CallError {
  constructor(message: string) {
    super(status.NOT_FOUND, message)
  }
}

/** The messages of a method. */
export interface MethodTypes<Request extends object, Answer extends object> {
  readonly request: MessageType<object, Request>
  readonly answer: MessageType<Answer, object>
}

/** A call of a method with one answer. */
export interface UnaryCall {
  readonly metadata: Metadata
  /** Fires when the caller has ended the call. */
  readonly signal: AbortSignal
}

/** A method with one request and one answer; the path is `/package.Service/Method`. */
export function unaryMethod<Request extends object, Answer extends object>(
  path: string,
  types: MethodTypes<Request, Answer>,
  answer: (request: Request, call: UnaryCall) => Promise<NoInfer<Answer>> | NoInfer<Answer>,
): SessionMethod {
  return {
    definition: { path, requestStream: false, responseStream: false, ...codec(types) },
    handler: (onError) => {
      const handle: handleUnaryCall<Request, Answer> = async (call, respond) => {
        const cancelling = new AbortController()
        call.once('cancelled', () => cancelling.abort())
        try {
          respond(null, await answer(call.request, { metadata: call.metadata, signal: cancelling.signal }))
        } catch (error) {
          respond(statusOf(error, onError))
        }
      }
      return handle as UntypedHandleCall
    },
  }
}

/** A method with one request and a stream of answers, which ends when the handler is done. */
export function answerStreamMethod<Request extends object, Answer extends object>(
  path: string,
  types: MethodTypes<Request, Answer>,
  handle: (call: ServerWritableStream<Request, Answer>) => Promise<void>,
): SessionMethod {
  return {
    definition: { path, requestStream: false, responseStream: true, ...codec(types) },
    handler: (onError) => {
      const answer: handleServerStreamingCall<Request, Answer> = (call) => {
        handle(call).then(
          () => void call.end(),
          (error: unknown) => failCall(call, error, onError),
        )
      }
      return answer as UntypedHandleCall
    },
  }
}

/** A method with a stream of messages in both directions. */
export function streamMethod<Request extends object, Answer extends object>(
  path: string,
  types: MethodTypes<Request, Answer>,
  handle: (call: ServerDuplexStream<Request, Answer>) => Promise<void>,
): SessionMethod {
  return {
    definition: { path, requestStream: true, responseStream: true, ...codec(types) },
    handler: (onError) => {
      const answer: handleBidiStreamingCall<Request, Answer> = (call) => {
        handle(call).catch((error: unknown) => failCall(call, error, onError))
      }
      return answer as UntypedHandleCall
    },
  }
}

/** The messages of a stream. It stays open after the last read, to send the status of an error. */
export function messagesOf<Message extends object>(call: ServerDuplexStream<Message, object>): AsyncIterable<Message> {
  return { [Symbol.asyncIterator]: () => call.iterator({ destroyOnReturn: false }) }
}

/** Sends a message of a stream, and waits if the receiver is slower. */
export function sendMessage<Message extends object>(
  call: ServerDuplexStream<object, Message> | ServerWritableStream<object, Message>,
  message: Message,
): Promise<void> | undefined {
  if (call.write(message) || call.cancelled) return undefined
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done).off('cancelled', done)
      resolve()
    }
    call.once('drain', done).once('cancelled', done)
  })
}

/**
 * Ends a stream with the status of an error. A stream that is destroyed instead sends no status, and the builder waits
 * for it until the session ends.
 */
export function failCall(
  call: Pick<ServerDuplexStream<object, object>, 'emit'>,
  error: unknown,
  onError: (error: unknown) => void = () => {},
): void {
  call.emit('error', statusOf(error, onError))
}

function statusOf(error: unknown, onError: (error: unknown) => void): Pick<StatusObject, 'code' | 'details'> {
  const details = error instanceof Error ? error.message : 'failed'
  if (error instanceof CallError) return { code: error.code, details }
  onError(error)
  return { code: status.INTERNAL, details }
}

function codec<Request extends object, Answer extends object>({
  request,
  answer,
}: MethodTypes<Request, Answer>): Pick<
  MethodDefinition<object, object>,
  'requestSerialize' | 'requestDeserialize' | 'responseSerialize' | 'responseDeserialize'
> {
  return {
    requestSerialize: (message) => request.encode(message as Request),
    requestDeserialize: request.decode,
    responseSerialize: (message) => answer.encode(message as Answer),
    responseDeserialize: answer.decode,
  }
}
