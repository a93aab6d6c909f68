import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import type { HostileAnswer } from './hostile-answers.js'

/** A server before an honest one, which answers some requests by itself. */
export interface HostileServer extends AsyncDisposable {
  readonly host: string
  /** Answers requests by itself whose path matches; passes all on without it. */
  attack: { readonly path: RegExp; readonly answer: HostileAnswer } | undefined
  /** Requests that it has answered by itself. */
  attacks: number
}

/** Starts a server before the one at a port of this machine. */
export async function startHostileServer(port: number): Promise<HostileServer> {
  const server = createServer((request, response) => {
    const { attack } = hostile
    if (!attack?.path.test(`${request.method} ${request.url}`)) return passOn(port, request, response)
    hostile.attacks += 1
    attack.answer(request, response)
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const hostile: HostileServer = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    attack: undefined,
    attacks: 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return hostile
}

function passOn(port: number, request: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, headers } = request
  const onward = sendRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    pipeline(answer, response, () => {})
  })
  onward.on('error', () => response.destroy())
  pipeline(request, onward, () => {})
}
