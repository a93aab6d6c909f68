import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

/** What a relay makes of an engine: a `buildkitd`, or an engine that serves gRPC on its own socket. */
export type RelayedAs = 'buildkitd' | 'grpc-engine'

/** A server that stands for another kind of BuildKit: it passes bytes on to the gRPC of a Docker Engine. */
export interface BuildKitRelay extends AsyncDisposable {
  readonly port: number
  /** What was served, in order: `grpc`, or the method and path of a request, without the API version. */
  readonly served: readonly string[]
}

export interface RelayOptions {
  readonly as: RelayedAs
  /** Serves TLS, with the settings of node:tls. */
  readonly tls?: TlsOptions
  /** A path to listen on, in place of a port of 127.0.0.1. */
  readonly path?: string
  /** How HTTP/2 is treated: a proxy that supports HTTP/1.1 only rejects it, or waits for ever. */
  readonly http2?: 'served' | 'refused' | 'ignored'
}

/** First bytes of HTTP/2 with prior knowledge. @see https://www.rfc-editor.org/rfc/rfc9113#section-3.4 */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n')

/** The API version from which on engines serve gRPC on their own socket. */
const GRPC_API = '1.53'

/** Starts a relay in front of the engine that listens on this socket. */
export async function startBuildKitRelay(engineSocket: string, options: RelayOptions): Promise<BuildKitRelay> {
  const served: string[] = []
  const sockets = new Set<Socket>()
  const { as, http2 = 'served' } = options
  const api = createHttpServer((incoming, answer) => {
    served.push(pathOf(incoming))
    forward(engineSocket, incoming, answer)
  })
  api.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
    served.push(pathOf(incoming))
    if (http2 === 'served') socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    else relayUpgrade({ engineSocket, sockets }, incoming, socket)
  })
  const accept = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket)).on('error', () => {})
    // By reading, not by events of data: the HTTP server takes over a socket that does not flow yet.
    socket.once('readable', () => {
      const first = (socket.read() ?? Buffer.alloc(0)) as Buffer
      const isHttp2 = first.byteLength > 0 && first.subarray(0, PREFACE.byteLength).equals(PREFACE)
      if (isHttp2 && http2 === 'ignored') return
      socket.unshift(first)
      if (isHttp2 && http2 === 'served') {
        served.push('grpc')
        relayGrpc({ engineSocket, sockets }, socket)
      } else if (as === 'grpc-engine') api.emit('connection', socket)
      else socket.destroy()
    })
  }
  const server: Server = options.tls
    ? createTlsServer(options.tls, accept).on('tlsClientError', () => {})
    : createServer(accept)
  server.listen(options.path === undefined ? { port: 0, host: '127.0.0.1' } : { path: options.path })
  await once(server, 'listening')
  const address = server.address() as AddressInfo | string
  return {
    port: typeof address === 'string' ? 0 : address.port,
    served,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

/** Where a relay gets its connections from, and all that it has open. */
interface RelayedEngine {
  readonly engineSocket: string
  readonly sockets: Set<Socket>
}

function pathOf({ method, url = '' }: IncomingMessage): string {
  return `${method} ${url.replace(/^\/v1\.\d+|\?.*$/g, '')}`
}

/** Connects a client of gRPC with a connection that the engine has upgraded. */
function relayGrpc({ engineSocket, sockets }: RelayedEngine, client: Socket): void {
  const headers = { Connection: 'Upgrade', Upgrade: 'h2c' }
  const upgrade = request({ socketPath: engineSocket, path: '/grpc', method: 'POST', headers })
  upgrade.on('upgrade', (_, engine: Socket, head) => join(client, engine, { head, sockets }))
  upgrade.on('error', () => client.destroy())
  upgrade.end()
}

/** Passes an upgrade on as it is. */
function relayUpgrade({ engineSocket, sockets }: RelayedEngine, incoming: IncomingMessage, client: Socket): void {
  const { method, url, headersDistinct } = incoming
  const headers = { ...headersDistinct, host: incoming.headers.host }
  const upgrade = request({ socketPath: engineSocket, path: url, method, headers })
  upgrade.on('upgrade', (answer, engine: Socket, head) => {
    client.write(`HTTP/1.1 ${answer.statusCode} UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)
    join(client, engine, { head, sockets })
  })
  upgrade.on('error', () => client.destroy())
  upgrade.end()
}

function join(client: Socket, engine: Socket, { head, sockets }: { head: Buffer; sockets: Set<Socket> }): void {
  sockets.add(engine)
  engine.once('close', () => sockets.delete(engine))
  if (head.byteLength > 0) engine.unshift(head)
  client.pipe(engine).pipe(client)
  client.once('close', () => engine.destroy())
  engine.once('close', () => client.destroy()).on('error', () => {})
}

/** Passes a request of the Engine API on. The version is that of an engine with gRPC. */
function forward(engineSocket: string, incoming: IncomingMessage, answer: ServerResponse): void {
  const { method, url, headers } = incoming
  const sent = request({ socketPath: engineSocket, path: url, method, headers }, (received) => {
    const isVersion = pathOf(incoming) === 'GET /version'
    const { 'content-length': _, ...kept } = received.headers
    answer.writeHead(received.statusCode ?? 0, { ...kept, 'api-version': GRPC_API })
    if (!isVersion) return void received.pipe(answer)
    const chunks: Buffer[] = []
    received.on('data', (chunk: Buffer) => chunks.push(chunk))
    received.on('end', () => {
      const version = JSON.parse(Buffer.concat(chunks).toString()) as object
      answer.end(JSON.stringify({ ...version, ApiVersion: GRPC_API }))
    })
  })
  sent.on('error', () => answer.destroy())
  incoming.pipe(sent)
}
