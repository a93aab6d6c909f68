import { abortable } from './abortable.js'
import { parseChallenges } from './challenge.js'
import type { Hosts } from './hosts.js'
import { type HttpAnswer, type HttpRequest, listHeaderOf } from './http-message.js'
import { bearerChallenge, chooseScheme, type LoginScheme } from './login-scheme.js'
import type { CredentialStore, Credentials } from './port.js'
import { parseScopes, type Scope, uniteScopes } from './scope.js'
import { TokenCache } from './token-cache.js'
import { basicAuthorization, fetchToken } from './token-service.js'

/** What the authenticator of a host needs. */
export interface AuthenticatorOptions {
  readonly host: string
  readonly credentials: CredentialStore | undefined
  readonly hosts: Hosts
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>
}

/**
 * Logs in to one host, as far as it asks. The first request doubles as the probe: what it is answered with says how the
 * host wants to be talked to, and requests that come meanwhile wait for it.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #tokens = new TokenCache()
  #scheme: LoginScheme | undefined
  #obstacle: string | undefined
  #probe: Promise<void> | undefined
  #login: Promise<Credentials | undefined> | undefined
  /** Whether the login was refused, and is to be looked up anew before it is shown again. */
  #isRefused = false

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  /** The login that the host was last shown. */
  async shown(): Promise<Credentials | undefined> {
    return this.#login?.catch(() => undefined)
  }

  /** Why the host was shown no login, as a sentence: it asked for none, or for one that it could not be shown. */
  get obstacle(): string | undefined {
    const hasAsked = this.#scheme !== undefined && this.#scheme.kind !== 'none'
    if (this.#obstacle !== undefined || hasAsked) return this.#obstacle
    const { host } = this.#options
    return `${host} refuses this without asking who it is: see what it, or a firewall before it, lets this machine do.`
  }

  /** Runs the first request alone, and all others once it has been answered. */
  async inTurn<T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    while (this.#scheme === undefined && this.#probe) await abortable(this.#probe, signal)
    if (this.#scheme) return task()
    const { promise, resolve } = deferred()
    this.#probe = promise
    try {
      return await task()
    } finally {
      this.#probe = undefined
      resolve()
    }
  }

  /** The Authorization header for a request; undefined where none is wanted, or before the host has said. */
  async authorization(scopes: readonly Scope[], signal?: AbortSignal): Promise<string | undefined> {
    const scheme = this.#scheme
    if (scheme === undefined || scheme.kind === 'none') return undefined
    if (scheme.kind === 'basic') return this.#basic()
    const order = { host: this.#options.host, realm: scheme.realm, service: scheme.service, scopes }
    const token = this.#tokens.get(scopes, async () =>
      fetchToken({ ...order, credentials: await this.#credentials() }, this.#options.send),
    )
    return `Bearer ${(await abortable(token, signal)).value}`
  }

  /** Takes note of an answer that wants no other login than it was given. */
  satisfied(): void {
    this.#scheme ??= { kind: 'none' }
  }

  /**
   * Takes note of a 401.
   *
   * @returns the header to try once more with; undefined where there is nothing else to try.
   */
  async challenged(
    answer: HttpAnswer,
    tried: { readonly authorization: string | undefined; readonly scopes: readonly Scope[] },
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(listHeaderOf(answer, 'www-authenticate'))
    const scheme = chooseScheme(this.#options.host, challenges, (url) => this.#options.hosts.mayUse(url))
    this.#obstacle = scheme.kind === 'impossible' ? scheme.why : undefined
    if (scheme.kind === 'impossible') return undefined
    await this.#forget(tried.authorization)
    this.#scheme = scheme
    const scopes = uniteScopes(tried.scopes, parseScopes(bearerChallenge(challenges)?.parameters.get('scope')))
    const next = await this.authorization(scopes, signal)
    if (scheme.kind === 'basic') this.#obstacle = await this.#basicObstacle()
    return next === tried.authorization ? undefined : next
  }

  async #forget(authorization: string | undefined): Promise<void> {
    if (authorization === undefined) return
    this.#isRefused = true
    if (authorization.startsWith('Bearer ')) await this.#tokens.drop(authorization.slice('Bearer '.length))
  }

  async #basic(): Promise<string | undefined> {
    const credentials = await this.#credentials()
    return credentials?.kind === 'password' ? basicAuthorization(credentials) : undefined
  }

  async #basicObstacle(): Promise<string | undefined> {
    const { host } = this.#options
    if ((await this.#credentials())?.kind !== 'identity-token') return undefined
    return `${host} wants a name and a password, and what is kept for it is an identity token: log in anew with \`docker login ${host}\`.`
  }

  #credentials(): Promise<Credentials | undefined> {
    if (this.#login === undefined || this.#isRefused) {
      this.#isRefused = false
      this.#login = Promise.resolve(this.#options.credentials?.find(this.#options.host))
    }
    return this.#login
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
