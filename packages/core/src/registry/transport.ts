import { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import type { Agent, Dispatcher } from 'undici'
import { CancelledError, RegistryError, throwIfCancelled } from '../model/errors.js'
import { type Hosts, isLoopback } from './hosts.js'
import { discard, type HttpAnswer, type HttpRequest, headerOf, type RequestBody } from './http-message.js'
import { networkFault } from './network-fault.js'
import type { RegistryHostOptions, RegistryTimeouts } from './options.js'
import { SourceFault } from './passing-fault.js'
import { redactUrl } from './redaction.js'

const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** How a transport is set up. */
export interface TransportOptions {
  readonly hosts: Hosts
  readonly timeouts: Required<RegistryTimeouts>
  readonly useProxies: boolean
}

/** Sends requests over pools of kept connections. Loads undici with the first one. */
export class Transport implements AsyncDisposable {
  readonly #options: TransportOptions
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>()

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /**
   * Sends a request, and follows redirects, which get the Authorization header only within the same origin.
   *
   * @throws RegistryError REGISTRY_UNREACHABLE, wrapped as PassingFault where that may pass; REGISTRY_REJECTED for a
   * redirect that is not followed; what the source of the body throws; CancelledError.
   */
  async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
    let current = request
    for (let hops = 0; ; hops += 1) {
      const answer = await this.#exchange(current, signal)
      const location = REDIRECTS.has(answer.status) ? headerOf(answer, 'location') : undefined
      if (location === undefined) return answer
      await discard(answer)
      if (hops === MAX_REDIRECTS) throw badRedirect(current, 'it is redirected too often')
      current = this.#redirected(current, answer.status, location)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const dispatchers = await Promise.all(this.#dispatchers.values())
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()))
  }

  async #exchange(request: HttpRequest, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    throwIfCancelled(signal)
    if (!this.#options.hosts.mayUse(request.url)) {
      throw badRedirect(
        request,
        'it is plain HTTP, and its host was not named as insecure',
        'Name it so where that is meant. A registry behind something that ends TLS has to be told its own address.',
      )
    }
    const { timeouts } = this.#options
    try {
      const { statusCode, headers, body } = await (await this.#dispatcher(request.url)).request({
        origin: request.url.origin,
        path: request.url.pathname + request.url.search,
        method: request.method,
        headers: { 'user-agent': 'polyarch', ...lengthHeader(request.body), ...request.headers },
        body: (await openBody(request.body)) ?? null,
        // undici would end the connection after each HEAD, for servers that send a body with it.
        reset: false,
        headersTimeout: timeouts.answer,
        bodyTimeout: timeouts.idle,
        ...(signal && { signal }),
      })
      // A body that breaks when nobody reads it any more must not end the process.
      body.on('error', () => {})
      return { url: request.url, status: statusCode, headers, body }
    } catch (error) {
      if (signal?.aborted) throw new CancelledError(signal.reason)
      if (error instanceof SourceFault) throw error.cause
      throw networkFault(error, request)
    }
  }

  #redirected(request: HttpRequest, status: number, location: string): HttpRequest {
    if (!URL.canParse(location, request.url.href)) throw badRedirect(request, 'it is redirected to nowhere')
    const url = new URL(location, request.url)
    const { authorization, ...headers } = request.headers
    const kept =
      url.origin === request.url.origin && authorization !== undefined ? { ...headers, authorization } : headers
    if (request.method === 'GET' || request.method === 'HEAD') return { method: request.method, url, headers: kept }
    if (status !== 307 && status !== 308) throw badRedirect(request, `it is redirected with ${status}, which loses it`)
    if (request.hasSecret && url.origin !== request.url.origin)
      throw badRedirect(request, `it is redirected to ${url.host}, which must not see the login`)
    return { ...request, url, headers: kept }
  }

  #dispatcher(url: URL): Promise<Dispatcher> {
    const settings = this.#options.hosts.settingsOf(url)
    const direct = !this.#options.useProxies || isLoopback(url.hostname)
    const special = settings?.ca !== undefined || settings?.clientCertificate !== undefined
    const key = `${direct ? 'direct' : 'proxied'} ${special ? url.origin : ''}`
    const kept = this.#dispatchers.get(key) ?? this.#open(direct, special ? settings : undefined)
    this.#dispatchers.set(key, kept)
    return kept
  }

  async #open(direct: boolean, settings: RegistryHostOptions | undefined): Promise<Dispatcher> {
    const { Agent, EnvHttpProxyAgent } = await import('undici')
    const tls = tlsOptions(settings)
    const options: Agent.Options = { connect: { ...tls, timeout: this.#options.timeouts.connect } }
    if (direct) return new Agent(options)
    // Proxies refuse CONNECT to a port that is not TLS's, so plain HTTP goes through them as it is.
    return new EnvHttpProxyAgent({ ...options, ...(settings && { requestTls: tls }), proxyTunnel: false })
  }
}

function tlsOptions(settings: RegistryHostOptions | undefined): {
  ca?: string[]
  cert?: string
  key?: string
  passphrase?: string
} {
  const shown = settings?.clientCertificate
  return {
    ...(settings?.ca !== undefined && { ca: [...rootCertificates, settings.ca] }),
    ...(shown && { cert: shown.certificate, key: shown.key }),
    ...(shown?.passphrase !== undefined && { passphrase: shown.passphrase }),
  }
}

function badRedirect(request: HttpRequest, why: string, hint?: string): RegistryError {
  const url = redactUrl(request.url)
  return new RegistryError('REGISTRY_REJECTED', `${request.method} ${url} cannot be sent: ${why}`, {
    exchange: { method: request.method, url },
    ...(hint !== undefined && { hint }),
  })
}

function lengthHeader(body: RequestBody | undefined): Record<string, string> {
  return body && 'open' in body ? { 'content-length': String(body.size) } : {}
}

async function openBody(body: RequestBody | undefined): Promise<Uint8Array | Readable | undefined> {
  if (body === undefined || !('open' in body)) return body
  const source = await openSource(body)
  const guarded = Readable.from(guard(source), { objectMode: false })
  // Without this a source that waits for its next part would stay open after the connection broke.
  return guarded.once('close', () => source.destroy())
}

async function openSource(body: Exclude<RequestBody, Uint8Array>): Promise<Readable> {
  try {
    return await body.open()
  } catch (cause) {
    throw new SourceFault(cause)
  }
}

/** Keeps what goes wrong with the source apart from what goes wrong with the connection. */
async function* guard(source: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of source) yield chunk
  } catch (cause) {
    throw new SourceFault(cause)
  }
}
