import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  type ServerDuplexStream,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import type { MessageType } from './messages.js'

/** One method that BuildKit calls back on, with its handler. */
export interface SessionMethod {
  readonly definition: MethodDefinition<object, object>
  /** @param onError - gets what the handler threw: BuildKit itself gets a message only. */
  handler(onError: (error: unknown) => void): UntypedHandleCall
}

/** A service of the session, as its methods. Every other method is answered as unimplemented. */
export type SessionService = readonly SessionMethod[]

/** The error of a handler for something that the session does not offer: the build decides whether it fails. */
export class NotInSession extends Error {}

/** A method with one request and one answer; the path is `/package.Service/Method`. */
export function unaryMethod<Request extends object, Answer extends object>(
  path: string,
  types: { readonly request: MessageType<Request>; readonly answer: MessageType<Answer> },
  answer: (request: Required<Request>) => Promise<Answer> | Answer,
): SessionMethod {
  return {
    definition: { path, requestStream: false, responseStream: false, ...codec(types.request, types.answer) },
    handler: (onError) => {
      const handle: handleUnaryCall<Required<Request>, Answer> = async (call, respond) => {
        try {
          respond(null, await answer(call.request))
        } catch (error) {
          const isMissing = error instanceof NotInSession
          if (!isMissing) onError(error)
          respond({
            code: isMissing ? status.NOT_FOUND : status.INTERNAL,
            details: error instanceof Error ? error.message : 'failed',
          })
        }
      }
      return handle as UntypedHandleCall
    },
  }
}

/** A method with a stream of one type of message in both directions. */
export function streamMethod<Message extends object>(
  path: string,
  type: MessageType<Message>,
  handle: (call: ServerDuplexStream<Required<Message>, Message>) => Promise<void>,
): SessionMethod {
  return {
    definition: { path, requestStream: true, responseStream: true, ...codec(type, type) },
    handler: (onError) => {
      const answer: handleBidiStreamingCall<Required<Message>, Message> = (call) => {
        handle(call).catch((error: unknown) => {
          if (!(error instanceof NotInSession)) onError(error)
          call.destroy(error as Error)
        })
      }
      return answer as UntypedHandleCall
    },
  }
}

function codec<Request extends object, Answer extends object>(
  request: MessageType<Request>,
  answer: MessageType<Answer>,
): Pick<
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
