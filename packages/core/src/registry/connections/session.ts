import pLimit from 'p-limit'
import { CancelledError, throwIfCancelled } from '../../model/errors.js'
import { Authenticator, type AuthenticatorOptions, type PresentedCredentials } from '../auth/authenticator.js'
import type { Scope } from '../auth/scope.js'
import { answerError } from '../http/errors/answer-error.js'
import { networkError } from '../http/errors/network-error.js'
import { TransientError } from '../http/errors/transient-error.js'
import type { Endpoint } from '../http/hosts.js'
import {
  discard,
  type HttpAnswer,
  type HttpRequest,
  type Method,
  type RequestBody,
  readBounded,
} from '../http/http-message.js'
import type { Transport } from '../http/transport.js'
import type { WrittenUrl } from '../http/written-url.js'
import type { RegistryCall } from '../port.js'

/** The status with which a registry rejects too many requests at a time. */
const TOO_MANY = 429

/** A request of the distribution protocol to one endpoint. */
export interface RegistryRequest {
  readonly method: Method
  /** A path below `/v2/`, or a URL that the registry returned. */
  readonly target: string | URL | WrittenUrl
  readonly scopes: readonly Scope[]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RequestBody
  /** Bytes that the registry may have to move before it answers. */
  readonly moves?: number
  /** The expected statuses; all others are errors. */
  readonly expect: readonly number[]
}

/** Sends requests to one endpoint: logs in if required, and converts unexpected responses to errors. */
export class Session {
  readonly endpoint: Endpoint
  /** Limits concurrent small requests. */
  readonly requests: ReturnType<typeof pLimit>
  /** Limits concurrent blob transfers, separately, so that requests and transfers never wait for each other. */
  readonly transfers: ReturnType<typeof pLimit>
  readonly #transport: Transport
  readonly #authenticator: Authenticator

  constructor(
    endpoint: Endpoint,
    transport: Transport,
    options: Pick<AuthenticatorOptions, 'credentials' | 'hosts'> & { readonly concurrency: number },
  ) {
    this.endpoint = endpoint
    this.requests = pLimit(options.concurrency)
    this.transfers = pLimit(options.concurrency)
    this.#transport = transport
    // Token requests carry no caller's signal, since their answer is shared.
    const send = (request: HttpRequest) => transport.send(request)
    this.#authenticator = new Authenticator({ ...options, host: endpoint.host, send })
  }

  /**
   * Sends a request once, or twice if it requires a login.
   *
   * @throws RegistryError, wrapped as TransientError if a retry may succeed; CancelledError
   */
  async once(request: RegistryRequest, call?: RegistryCall): Promise<HttpAnswer> {
    const pace = this.requests.concurrency
    try {
      return await this.#authenticator.inTurn((turn) => this.#authorized(request, turn, call?.signal), call?.signal)
    } catch (error) {
      if (error instanceof TransientError && error.error.status === TOO_MANY) this.#slowDown(pace)
      throw error
    }
  }

  /** Like {@link once}, and discards the body. */
  async onceWithoutBody(request: RegistryRequest, call?: RegistryCall): Promise<HttpAnswer> {
    const answer = await this.once(request, call)
    await discard(answer)
    return answer
  }

  /** Reads the body of an answer; undefined if it is larger than the limit, in bytes. */
  async read(answer: HttpAnswer, limit: number, call?: RegistryCall): Promise<Buffer | undefined> {
    try {
      return await readBounded(answer, limit)
    } catch (error) {
      throw this.brokenBody(error, answer.url, call)
    }
  }

  /** The error of an interrupted body. */
  brokenBody(error: unknown, url: URL, call?: RegistryCall): Error {
    if (call?.signal?.aborted) return new CancelledError(call.signal.reason)
    return networkError(error, { method: 'GET', url })
  }

  /** The whole URL of a target. */
  urlOf(target: RegistryRequest['target']): URL {
    if (typeof target === 'string') return new URL(`/v2/${target}`, this.endpoint.origin)
    return target instanceof URL ? target : target.url
  }

  /** Halves the concurrency: once for all requests that were sent at the same limit. */
  #slowDown(pace: number): void {
    if (this.requests.concurrency !== pace) return
    for (const bound of [this.requests, this.transfers]) bound.concurrency = Math.ceil(bound.concurrency / 2)
  }

  async #authorized(
    request: RegistryRequest,
    turn: Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const url = this.urlOf(request.target)
    // Another origin, such as an object store for uploads, does not get the login of this host.
    const own = url.origin === this.endpoint.origin
    this.#transport.checkStep(request.method, url, new URL(this.endpoint.origin))
    const show = (): PresentedCredentials | Promise<PresentedCredentials> =>
      own ? this.#authenticator.show(request.scopes, signal) : {}
    const showing = turn.then(show)
    const login = showing.then((shown) => shown.authorization)
    // Nothing else handles this rejection if the request ends before it needs the login.
    login.catch(() => {})
    throwIfCancelled(signal)
    const answer = await this.#send(request, url, login, signal)
    const first = await showing
    if (answer.status !== 401 || answer.url.origin !== this.endpoint.origin) {
      if (own) this.#authenticator.onAccepted()
      return this.#expected(answer, request, first)
    }
    const { authorization } = first
    const tried = { ...first, scopes: request.scopes }
    const second = await this.#authenticator.onChallenge(answer, tried, signal).catch((error: unknown) => {
      // An unread body keeps its connection and the process open.
      answer.body.destroy()
      throw error
    })
    if (second.authorization === undefined || second.authorization === authorization)
      return this.#expected(answer, request, authorization === undefined ? second : first)
    await discard(answer)
    return this.#expected(await this.#send(request, url, second.authorization, signal), request, second)
  }

  #send(request: RegistryRequest, url: URL, authorization: HttpRequest['authorization'], signal?: AbortSignal) {
    const { method, target, headers = {}, body, moves = 0 } = request
    const path = typeof target === 'string' || target instanceof URL ? undefined : target.path
    return this.#transport.send({ method, url, path, headers, authorization, body, moves }, signal)
  }

  async #expected(answer: HttpAnswer, request: RegistryRequest, shown: PresentedCredentials): Promise<HttpAnswer> {
    if (request.expect.includes(answer.status)) return answer
    const { host, origin } = this.endpoint
    const { authorization, login: credentials } = shown
    const reason =
      answer.url.origin === origin
        ? shown.reason
        : `${answer.url.host}, to which ${host} redirects, rejects the request; the login of ${host} is not sent there`
    throw await answerError(answer, { method: request.method, authorization }, { host, credentials, reason })
  }
}
