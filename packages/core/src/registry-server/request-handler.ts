import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Gate } from './auth/auth.js'
import { dispatch } from './http/dispatch.js'
import { FaultInjector } from './http/errors.js'
import { Exchange } from './http/exchange.js'
import { OriginCheck } from './http/origin-check.js'
import { parseRoute } from './http/route.js'
import type { RegistryServerOptions } from './options.js'
import { ProtocolError } from './protocol-error.js'
import type { Store } from './store/store.js'

/** Handles requests. */
export class RequestHandler {
  readonly #gate: Gate | undefined
  readonly #origins: OriginCheck
  readonly #faults: FaultInjector
  readonly #running = new Set<Promise<void>>()

  constructor(
    readonly store: Store,
    readonly scheme: 'http' | 'https',
    readonly options: RegistryServerOptions,
  ) {
    this.#gate = options.auth && new Gate(options.auth)
    this.#origins = new OriginCheck(options)
    this.#faults = new FaultInjector(options.faults ?? [])
  }

  /** Answers a request. It never throws: clients that disconnect early are normal. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?')[0] ?? ''
    const exchange = new Exchange(request, response, this.#faults.next(request.method ?? '', path))
    this.#report(exchange)
    const running = this.#run(exchange).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when no request uses the store. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  /** The streams of a broken socket report its error. */
  #report({ method, path, request, response }: Exchange): void {
    request.on('error', () => {})
    response.on('error', () => {})
    response.once('close', () => {
      this.options.onRequest?.({ method, path, status: response.headersSent ? response.statusCode : 0 })
    })
  }

  async #run(exchange: Exchange): Promise<void> {
    exchange.response.setHeader('docker-distribution-api-version', 'registry/2.0')
    try {
      await this.#answer(exchange)
    } catch (error) {
      // If the error cannot be sent either, the client has disconnected.
      await exchange.answerError(error).catch(() => {})
    }
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { fault, request, response } = exchange
    this.#origins.check(exchange)
    if (fault?.kind === 'lose-request') return void request.destroy()
    if (fault?.kind === 'answer') return exchange.answer(fault.status, fault.headers)
    if (fault?.kind === 'delay') await delay(fault.milliseconds, response)
    const route = parseRoute(exchange.path)
    if (route.kind !== 'token') {
      this.#gate?.check(exchange, route, this.#origin(exchange))
      return dispatch(this.store, exchange, route)
    }
    if (this.#gate === undefined) throw new ProtocolError(404, 'NAME_UNKNOWN', 'this registry has no tokens')
    await this.#gate.answerToken(exchange)
  }

  /** Uses the host name of the request. */
  #origin({ request }: Exchange): string {
    const { host = '' } = request.headers
    const isHost = /^[\w.:[\]-]+$/.test(host)
    return `${this.scheme}://${isHost ? host : `localhost:${request.socket.localPort}`}`
  }
}

/** Waits; ends early if the client disconnects. */
async function delay(milliseconds: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  try {
    await Promise.race([
      sleep(milliseconds, undefined, { signal: gone.signal }),
      once(response, 'close', { signal: gone.signal }),
    ])
  } finally {
    gone.abort()
  }
}
