import { abortable } from '../../model/async/abortable.js'
import { CancelledError, throwIfCancelled } from '../../model/errors.js'
import { parseChallenges } from '../http/challenge.js'
import type { Hosts } from '../http/hosts.js'
import { type HttpAnswer, type HttpRequest, listHeaderOf } from '../http/http-message.js'
import type { CredentialStore, Credentials } from '../port.js'
import { bearerChallenge, chooseScheme, type LoginScheme } from './login-scheme.js'
import { parseScopes, type Scope, uniteScopes } from './scope.js'
import { TokenCache } from './token-cache.js'
import { basicAuthorization, fetchToken } from './token-service.js'

/** Options of an {@link Authenticator}. */
export interface AuthenticatorOptions {
  readonly host: string
  readonly credentials: CredentialStore | undefined
  readonly hosts: Hosts
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>
}

/** The credentials that a request carried. An error describes the login from this value only. */
export interface PresentedCredentials {
  /** The Authorization header. */
  readonly authorization?: string | undefined
  /** The login that the header is made of. */
  readonly login?: Credentials | undefined
  /** Number of tokens requested until then: a rejected token is replaced by a later one. */
  readonly fetches?: number
  /** Why the request has no login, as a sentence: the host requires none, or may not receive it. */
  readonly reason?: string
}

/**
 * Logs in to one host, if the host requires it.
 * The first request is the probe: its response shows which scheme the host uses. Requests that start meanwhile wait for
 * it.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #tokens = new TokenCache()
  #scheme: LoginScheme | undefined
  #probe: Probe | undefined
  #login: Promise<Credentials | undefined> | undefined

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** Runs a task when it may send: the first one at once, the others after its response. */
  async inTurn<T>(task: (turn: Promise<void>) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const own = new Probe()
    try {
      return await task(this.#turn(own, signal))
    } finally {
      if (this.#probe === own) this.#probe = undefined
      own.end()
    }
  }

  async #turn(own: Probe, signal: AbortSignal | undefined): Promise<void> {
    while (this.#scheme === undefined && this.#probe) await abortable(this.#probe.ended, signal)
    // A task may fail before its turn, if its connection fails.
    if (this.#scheme === undefined && !own.hasEnded) this.#probe = own
  }

  /** Returns the credentials for a request: none if the host requires none, or before its first response. */
  async show(scopes: readonly Scope[], signal?: AbortSignal, after = 0): Promise<PresentedCredentials> {
    const scheme = this.#scheme
    const { host } = this.#options
    if (scheme === undefined || scheme.kind === 'none') {
      const how = 'check the permissions of this machine at the registry or its firewall'
      return { reason: `${host} rejects the request without requesting a login: ${how}` }
    }
    if (scheme.kind === 'basic') return basic(host, await this.#credentials(signal))
    const { realm, service } = scheme
    const fetch = async () =>
      fetchToken({ host, realm, service, scopes, credentials: await this.#credentials(signal) }, this.#options.send)
    const { value, login } = await abortable(this.#tokens.get(scopes, fetch, after), signal)
    return { authorization: `Bearer ${value}`, login, fetches: this.#tokens.fetches }
  }

  /** Records that the host accepted the request with the credentials that it had. */
  onAccepted(): void {
    this.#scheme ??= { kind: 'none' }
  }

  /**
   * Handles a 401.
   *
   * @returns the credentials to repeat the request with; without a header, or with the same one, if there are no
   * others.
   */
  async onChallenge(
    answer: HttpAnswer,
    tried: PresentedCredentials & { readonly scopes: readonly Scope[] },
    signal?: AbortSignal,
  ): Promise<PresentedCredentials> {
    const challenges = parseChallenges(listHeaderOf(answer, 'www-authenticate'))
    const scheme = chooseScheme(this.#options.host, challenges, (url) => this.#options.hosts.mayUse(url, answer.url))
    if (scheme.kind === 'impossible') return { reason: scheme.why }
    if (tried.authorization !== undefined) this.#forget(tried.authorization)
    this.#scheme = scheme
    const scopes = uniteScopes(tried.scopes, parseScopes(bearerChallenge(challenges)?.parameters.get('scope')))
    // Tokens of other scopes from that time may be rejected too.
    return this.show(scopes, signal, tried.fetches)
  }

  /** Drops the login: it may have been replaced, so the next request reads it again. */
  #forget(authorization: string): void {
    this.#login = undefined
    if (authorization.startsWith('Bearer ')) this.#tokens.drop(authorization.slice('Bearer '.length))
  }

  /** Reads the login once. If the request that reads it is cancelled, another one does. */
  async #credentials(signal: AbortSignal | undefined): Promise<Credentials | undefined> {
    const { host, credentials } = this.#options
    for (;;) {
      this.#login ??= Promise.resolve(credentials?.find(host, { signal }))
      const reading = this.#login
      try {
        return await abortable(reading, signal)
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        throwIfCancelled(signal)
        if (this.#login === reading) this.#login = undefined
      }
    }
  }
}

function basic(host: string, login: Credentials | undefined): PresentedCredentials {
  if (login?.kind !== 'identity-token') return { authorization: login && basicAuthorization(login), login }
  return {
    login,
    reason: `${host} requires a user name and a password, but the stored login is an identity token: run \`docker login ${host}\``,
  }
}

/** A request that others wait for. */
class Probe {
  readonly ended: Promise<void>
  #hasEnded = false
  #resolve = () => {}

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  end(): void {
    this.#hasEnded = true
    this.#resolve()
  }
}
