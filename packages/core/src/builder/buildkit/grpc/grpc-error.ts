import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'

/** The status codes that polyarch handles. @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export const GrpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  notFound: 5,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const

/** A gRPC call ended with a status other than OK. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  /** @see https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The error of a call on a connection that has ended. */
export function closedConnection(): Error {
  return Object.assign(new Error('the connection has been closed'), { code: 'ECONNRESET' })
}

/** Resolves once a call has ended: undefined if its status is OK. A connection that breaks is a {@link closedConnection}. */
export function statusOf(stream: ClientHttp2Stream): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders | undefined
    let trailers: IncomingHttpHeaders | undefined
    let failure: Error | undefined
    stream.on('response', (received) => {
      headers = received
    })
    stream.on('trailers', (received) => {
      trailers = received
    })
    stream.on('error', (error) => {
      failure = error
    })
    stream.on('close', () => resolve(failure ?? errorOf(trailers?.['grpc-status'] ? trailers : headers)))
  })
}

function errorOf(headers: IncomingHttpHeaders | undefined): Error | undefined {
  if (headers === undefined) return closedConnection()
  const status = headers['grpc-status']
  if (status === undefined) {
    const { ':status': code } = headers
    return Number(code) === 200 ? closedConnection() : new GrpcError(GrpcStatus.unavailable, `HTTP status ${code}`)
  }
  const code = readStatus(String(status))
  if (code === GrpcStatus.ok) return undefined
  return new GrpcError(code, decodeMessage(String(headers['grpc-message'] ?? 'no reason given')))
}

/** `Number` alone reads an empty header as 0, which is OK. */
function readStatus(text: string): number {
  return /^\d{1,2}$/.test(text) ? Number(text) : GrpcStatus.unknown
}

/** Decodes percent-encoded UTF-8; other text is unchanged. */
function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
