import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  type ServerDuplexStream,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import protobuf from 'protobufjs'

/** One method that BuildKit calls back on, with what answers it. */
export interface SessionMethod {
  readonly definition: MethodDefinition<object, object>
  /** @param onError is told what the handler threw; BuildKit itself gets no more than a message. */
  handler(onError: (error: unknown) => void): UntypedHandleCall
}

/** A service of the session, as the methods that it has: what is not among them is answered as unimplemented. */
export type SessionService = readonly SessionMethod[]

/** Looks up messages by name in a schema written in protobuf's own language. */
export function messageTypes(schema: string): (name: string) => protobuf.Type {
  const { root } = protobuf.parse(schema)
  return (name) => root.lookupType(name)
}

/** A handler's answer that what BuildKit asks for is not there: no error of the session. */
export class NotInSession extends Error {}

/** What goes over the wire of one method. */
export interface MethodTypes {
  readonly request: protobuf.Type
  readonly answer: protobuf.Type
}

/** A method with one request and one answer; the path is `/package.Service/Method`. */
export function unaryMethod<Request extends object, Answer extends object>(
  path: string,
  types: MethodTypes,
  answer: (request: Request) => Promise<Answer> | Answer,
): SessionMethod {
  return {
    definition: { path, requestStream: false, responseStream: false, ...codec(types) },
    handler: (onError) => {
      const handle: handleUnaryCall<Request, Answer> = async (call, respond) => {
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
  type: protobuf.Type,
  handle: (call: ServerDuplexStream<Message, Message>) => Promise<void>,
): SessionMethod {
  return {
    definition: { path, requestStream: true, responseStream: true, ...codec({ request: type, answer: type }) },
    handler: (onError) => {
      const answer: handleBidiStreamingCall<Message, Message> = (call) => {
        handle(call).catch((error: unknown) => {
          if (!(error instanceof NotInSession)) onError(error)
          call.destroy(error as Error)
        })
      }
      return answer as UntypedHandleCall
    },
  }
}

function codec({ request, answer }: MethodTypes) {
  return {
    requestSerialize: encoder(request),
    requestDeserialize: decoder(request),
    responseSerialize: encoder(answer),
    responseDeserialize: decoder(answer),
  }
}

function encoder(type: protobuf.Type): (message: object) => Buffer {
  return (message) => Buffer.from(type.encode(type.fromObject(message)).finish())
}

function decoder(type: protobuf.Type): (bytes: Buffer) => object {
  return (bytes) => type.toObject(type.decode(bytes), { defaults: true, longs: Number })
}
