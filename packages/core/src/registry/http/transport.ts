import { CancelledError, RegistryError, throwIfCancelled } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import type { RegistryTimeouts } from '../options.js'
import { Agents } from './agents.js'
import { networkError } from './errors/network-error.js'
import { SourceError } from './errors/transient-error.js'
import { exchange } from './exchange.js'
import type { Hosts } from './hosts.js'
import { discard, type HttpAnswer, type HttpRequest, headerOf, type Method } from './http-message.js'
import { redactUrl } from './redaction.js'
import { parseLocation } from './written-url.js'

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Options of a transport. */
export interface TransportOptions {
  /** Which hosts may be contacted, with their settings. */
  readonly hosts: Pick<Hosts, 'mayUse' | 'settingsOf'>
  readonly timeouts: Required<RegistryTimeouts>
  readonly useProxies: boolean
}

/** Sends requests over pools of keep-alive connections. */
export class Transport implements AsyncDisposable {
  readonly #options: TransportOptions
  readonly #agents: Agents
  #isClosed = false

  constructor(options: TransportOptions) {
    this.#options = options
    this.#agents = new Agents(options.hosts, options.useProxies)
  }

  /**
   * Sends a request, and follows redirects, which get the Authorization header only within the same origin.
   *
   * @throws RegistryError REGISTRY_UNREACHABLE, wrapped as TransientError if a retry may succeed; REGISTRY_REJECTED for
   * a redirect that is not followed; errors of the body's source; CancelledError
   */
  async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
    let current = request
    for (let hops = 0; ; hops += 1) {
      const answer = await this.#exchange(current, signal)
      const location = REDIRECTS.has(answer.status) ? headerOf(answer, 'location') : undefined
      if (location === undefined) return answer
      await discard(answer)
      if (hops === LIMITS.redirects) throw badRedirect(current, 'too many redirects')
      current = this.#redirected(current, answer.status, location)
    }
  }

  /**
   * Checks that a URL may be used.
   *
   * @param from - The URL whose answer leads there.
   * @throws RegistryError REGISTRY_REJECTED
   */
  checkStep(method: Method, url: URL, from?: URL): void {
    if (this.#options.hosts.mayUse(url, from)) return
    throw badRedirect(
      { method, url },
      'it uses plain HTTP, and the host is not in insecureHosts',
      `add '${url.host}' to registryClient.insecureHosts if this is intended; for a registry behind a TLS proxy, set its external address in its configuration`,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#agents.destroy()
  }

  async #exchange(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    throwIfCancelled(signal)
    this.checkStep(request.method, request.url)
    let proxy = ''
    try {
      if (this.#isClosed) throw new Error('the client is closed')
      const way = await this.#agents.routeTo(request.url)
      proxy = way.proxy
      const headers = { 'user-agent': 'polyarch', ...request.headers }
      const body = await exchange({ ...request, headers }, { way, timeouts: this.#options.timeouts, signal })
      return { url: request.url, status: body.statusCode ?? 0, headers: body.headersDistinct, body }
    } catch (error) {
      if (signal?.aborted) throw new CancelledError(signal.reason)
      if (error instanceof SourceError) throw error.cause
      throw networkError(error, request, proxy)
    }
  }

  #redirected(request: HttpRequest, status: number, location: string): HttpRequest {
    const target = parseLocation(location, request.url)
    if (target === undefined) throw badRedirect(request, 'the redirect has no location')
    const { url, path } = target
    this.checkStep(request.method, url, request.url)
    const { method, headers } = request
    const authorization = url.origin === request.url.origin ? request.authorization : undefined
    if (method === 'GET' || method === 'HEAD') return { method, url, path, headers, authorization }
    if (status !== 307 && status !== 308)
      throw badRedirect(request, `the redirect ${status} would drop the request body`)
    if (request.hasSecret && url.origin !== request.url.origin)
      throw badRedirect(request, `it is redirected to ${url.host}, which must not get the login`)
    return { ...request, url, path, authorization }
  }
}

function badRedirect(request: Pick<HttpRequest, 'method' | 'url'>, why: string, hint?: string): RegistryError {
  const url = redactUrl(request.url)
  return new RegistryError('REGISTRY_REJECTED', `${request.method} ${url} cannot be sent: ${why}`, {
    exchange: { method: request.method, url },
    ...(hint !== undefined && { hint }),
  })
}
