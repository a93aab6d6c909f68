import { once } from 'node:events'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { type ClientHttp2Stream, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import {
  infoResponse,
  listWorkersResponse,
  solveRequest,
  solveResponse,
} from '../../packages/core/src/builder/buildkit/control-schema.js'
import { GrpcConnection } from '../../packages/core/src/builder/buildkit/grpc/connection.js'
import { grpcDuplex } from '../../packages/core/src/builder/buildkit/grpc/duplex.js'
import { frame, readFrames } from '../../packages/core/src/builder/buildkit/grpc/frames.js'
import { statusOf } from '../../packages/core/src/builder/buildkit/grpc/grpc-error.js'
import type { Decoded } from '../../packages/core/src/builder/buildkit/grpc/messages.js'
import { tempFolder } from '../support/temp-folder.js'

/** The answer to a call, which may be anything. */
export class Answer {
  readonly stream: ServerHttp2Stream

  constructor(stream: ServerHttp2Stream) {
    this.stream = stream
    stream.on('error', () => {}).setMaxListeners(0)
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  }

  get isOpen(): boolean {
    return !this.stream.closed && !this.stream.destroyed
  }

  /** Sends a message, and waits while the client is slower. */
  async send(message: Uint8Array): Promise<void> {
    await this.raw(frame(message))
  }

  async raw(bytes: Uint8Array): Promise<void> {
    if (!this.isOpen || this.stream.write(bytes)) return
    await Promise.race([once(this.stream, 'drain'), once(this.stream, 'close')])
  }

  end(status = 0, message = ''): void {
    const trailers = { 'grpc-status': String(status), 'grpc-message': message }
    this.stream.once('wantTrailers', () => this.stream.sendTrailers(trailers))
    this.stream.end()
  }
}

/** What a method of the client's session gave out: the messages, and the error that ended the call. */
export interface SessionAnswer {
  readonly messages: readonly Buffer[]
  readonly error: string | undefined
}

/** What is sent after the messages that were received. */
type NextMessages = (received: readonly Buffer[]) => readonly Uint8Array[] | 'end' | undefined

/** The session that a client has opened for its build. */
export interface ClientSession {
  /**
   * Calls a method with these messages, and waits for the end of the call.
   *
   * @param next - what is sent after each message that was received; without it, nothing is
   */
  call(
    path: string,
    messages: readonly Uint8Array[],
    metadata?: Readonly<Record<string, string>>,
    next?: NextMessages,
  ): Promise<SessionAnswer>
}

/** How methods are answered that are not answered as an honest BuildKit answers them. */
export interface Behaviour {
  readonly info?: (answer: Answer) => unknown
  readonly workers?: (answer: Answer) => unknown
  readonly status?: (answer: Answer) => unknown
  readonly solve?: (answer: Answer, session: ClientSession, request: Decoded<typeof solveRequest>) => unknown
  /** A push by the Docker Engine, which has begun. */
  readonly push?: (response: ServerResponse) => unknown
}

/** A BuildKit that plays tricks on its clients. */
export interface HostileBuildKit extends AsyncDisposable {
  readonly host: string
  /** The same as a Docker Engine: it upgrades connections to this BuildKit. */
  readonly engineHost: string
  /** Replaced for each trick. */
  behaviour: Behaviour
}

const WORKER = { ID: 'a', platforms: [{ architecture: 'amd64', os: 'linux' }] }

/** Encodes the response of a build that exported these values. */
export function solved(exported: Readonly<Record<string, string>>): Buffer {
  return solveResponse.encode({ ExporterResponse: exported })
}

/** Starts it on a socket of its own. */
export async function startHostileBuildKit(): Promise<HostileBuildKit> {
  const folder = await tempFolder('hostile-buildkit')
  const open = new Set<Http2Session>()
  const sockets = new Set<Socket>()
  const clients: GrpcConnection[] = []
  const buildKit = { behaviour: {} as Behaviour }
  const server = createServer({ maxSessionMemory: 1000, settings: { initialWindowSize: 1 << 24 } })
  server.on('session', (session) => {
    open.add(session)
    session.on('error', () => {}).once('close', () => open.delete(session))
  })
  server.on('sessionError', () => {})
  server.on('stream', (stream, headers) => {
    const answer = new Answer(stream)
    serve(String(headers[':path']).split('/').at(-1) ?? '', answer).catch(() => stream.close())
  })

  async function serve(method: string, answer: Answer): Promise<void> {
    const { behaviour } = buildKit
    switch (method) {
      case 'Info':
        if (behaviour.info !== undefined) return void (await behaviour.info(answer))
        await answer.send(infoResponse.encode({ buildkitVersion: { version: 'v0.25.1' } }))
        return answer.end()
      case 'ListWorkers':
        if (behaviour.workers !== undefined) return void (await behaviour.workers(answer))
        await answer.send(listWorkersResponse.encode({ record: [WORKER] }))
        return answer.end()
      case 'Status':
        if (behaviour.status !== undefined) return void (await behaviour.status(answer))
        return answer.end()
      case 'Session':
        clients.push(new GrpcConnection(grpcDuplex(answer.stream as unknown as ClientHttp2Stream)))
        return
      case 'Solve': {
        const [request] = await framesOf(answer.stream)
        const message = solveRequest.decode(request ?? Buffer.alloc(0))
        // A check whether a registry can be reached has no attributes.
        const isCheck = Object.keys(message.FrontendAttrs).length === 0
        if (isCheck || behaviour.solve === undefined) return answer.end(5, 'not found')
        return void (await behaviour.solve(answer, sessionOn(clients.at(-1)), message))
      }
      default:
        answer.end(12, 'unimplemented')
    }
  }

  const engine = createHttpServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/v1\.\d+|\?.*$/g, '')
    if (path.endsWith('/push')) buildKit.behaviour.push?.(response.writeHead(200))
    else answerAsEngine(path, response)
  })
  engine.on('upgrade', (_request, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
    server.emit('connection', socket)
  })
  const paths = ['buildkitd', 'engine'].map((name) => join(folder.path, `${name}.sock`))
  const listeners = [server, engine]
  for (const [at, listener] of listeners.entries()) {
    listener.listen(paths[at])
    await once(listener, 'listening')
  }
  return {
    host: `buildkit+unix://${paths[0]}`,
    engineHost: `unix://${paths[1]}`,
    get behaviour() {
      return buildKit.behaviour
    },
    set behaviour(next) {
      buildKit.behaviour = next
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]()
      for (const session of open) session.destroy()
      for (const socket of sockets) socket.destroy()
      engine.closeAllConnections()
      for (const listener of listeners) listener.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Describes an engine of version 28.5 with the classic image store. */
function answerAsEngine(path: string, response: ServerResponse): void {
  const answers: Readonly<Record<string, object>> = {
    '/version': { Version: '28.5.0', ApiVersion: '1.51', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' },
    '/info': { OSType: 'linux', Architecture: 'x86_64', Driver: 'overlay2', DriverStatus: [] },
  }
  const answer = answers[path] ?? (path.startsWith('/distribution/') ? { Descriptor: {} } : undefined)
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json', 'api-version': '1.51' })
  response.end(JSON.stringify(answer ?? { message: 'not found' }))
}

async function framesOf(stream: AsyncIterable<Buffer>): Promise<readonly Buffer[]> {
  const messages: Buffer[] = []
  for await (const message of readFrames(stream)) messages.push(message)
  return messages
}

function sessionOn(connection: GrpcConnection | undefined): ClientSession {
  return {
    async call(path, messages, metadata = {}, next) {
      if (connection === undefined) throw new Error('the client has opened no session')
      const stream = connection.open(path, { metadata })
      const outcome = statusOf(stream)
      for (const message of messages) stream.write(frame(message))
      if (next === undefined) stream.end()
      const received = await answersOf(stream, next).finally(() => stream.close())
      return { messages: received, error: (await outcome)?.message }
    },
  }
}

/** The messages of a call, up to its end or its error: the status says which. */
async function answersOf(stream: ClientHttp2Stream, next: NextMessages | undefined): Promise<readonly Buffer[]> {
  const received: Buffer[] = []
  try {
    for await (const message of readFrames(stream)) {
      received.push(Buffer.from(message))
      const more = next?.(received) ?? []
      if (more === 'end') stream.end()
      else for (const one of more) stream.write(frame(one))
    }
  } catch {
    // Reset by the client.
  }
  return received
}
