import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A request as a scripted server sees it. */
export interface ScriptedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What a scripted server answers; undefined ends the connection without an answer. */
export type ScriptedAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  | undefined

/** A server whose answers a test writes itself: for what no registry at hand can be brought to do. */
export interface ScriptedServer extends AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly seen: readonly ScriptedRequest[]
  readonly server: Server
}

/** Starts a server on 127.0.0.1, with TLS where it is given a certificate. */
export async function startScriptedServer(
  script: (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
  tls?: ServerOptions,
): Promise<ScriptedServer> {
  const seen: ScriptedRequest[] = []
  const listener: RequestListener = async (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost')
    const body = await text(incoming).catch(() => '')
    const request = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body,
    }
    seen.push(request)
    const answer = await script(request)
    if (answer === undefined) incoming.socket.destroy()
    else response.writeHead(answer.status, answer.headers).end(answer.body)
  }
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    port,
    seen,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
