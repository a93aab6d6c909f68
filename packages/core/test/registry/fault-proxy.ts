import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What goes wrong with one request. */
export type Fault =
  /** Answered so, without being passed on. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Passed on as one for another path. */
  | { readonly kind: 'redirect'; readonly path: string }
  /** The connection ends before the request is passed on. */
  | { readonly kind: 'lose-request' }
  /** The request is passed on and carried out, and the connection ends without an answer. */
  | { readonly kind: 'lose-answer' }
  /** So many bytes of the request's body are passed on; then the connection ends. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** So many bytes of the answer's body are passed on; then the connection ends. */
  | { readonly kind: 'cut-answer'; readonly after: number }

/** A request that came by. */
export interface SeenRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

type FaultOf = (request: SeenRequest, index: number) => Fault | undefined | Promise<Fault | undefined>

/** A server between a client and a registry that injects faults. */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string
  /** All requests so far, in order. */
  readonly seen: readonly SeenRequest[]
  /** Decides on each request from now on; counts from 0 again. */
  plan(faultOf: FaultOf): void
}

/** Starts a proxy in front of a registry that uses plain HTTP. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const seen: SeenRequest[] = []
  let start = 0
  let faultOf: FaultOf = () => undefined
  const server = createServer(async (incoming, response) => {
    const one = { method: incoming.method ?? '', path: incoming.url ?? '', headers: incoming.headers }
    seen.push(one)
    const handled = async () => pass(target, incoming, response, await faultOf(one, seen.length - 1 - start))
    await handled().catch(() => incoming.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    plan(next) {
      start = seen.length
      faultOf = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function pass(target: string, incoming: IncomingMessage, response: ServerResponse, fault: Fault | undefined) {
  if (fault?.kind === 'lose-request') {
    incoming.socket.destroy()
    return
  }
  const body = await buffer(incoming)
  if (fault?.kind === 'answer') {
    response.writeHead(fault.status, fault.headers).end(fault.body)
    return
  }
  const path = fault?.kind === 'redirect' ? fault.path : incoming.url
  const outgoing = request(`http://${target}${path}`, { method: incoming.method, headers: incoming.headers })
  if (fault?.kind === 'cut-request' && body.byteLength > fault.after) {
    outgoing.on('error', () => {})
    await new Promise((resolve) => outgoing.write(body.subarray(0, fault.after), resolve))
    // The registry has to have read what arrived before it learns of the end.
    await new Promise((resolve) => setTimeout(resolve, 50))
    outgoing.destroy()
    incoming.socket.destroy()
    return
  }
  outgoing.end(body)
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  await answerWith(answer, incoming, response, fault)
}

async function answerWith(answer: IncomingMessage, incoming: IncomingMessage, response: ServerResponse, fault?: Fault) {
  const content = await buffer(answer)
  if (fault?.kind === 'lose-answer') {
    incoming.socket.destroy()
    return
  }
  response.writeHead(answer.statusCode ?? 500, answer.headers)
  if (fault?.kind === 'cut-answer' && content.byteLength > fault.after) {
    await new Promise((resolve) => response.write(content.subarray(0, fault.after), resolve))
    incoming.socket.destroy()
    return
  }
  response.end(content)
}
