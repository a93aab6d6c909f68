import type { Exchange } from '../http/exchange.js'
import type { Route } from '../http/route.js'
import { ProtocolError } from '../protocol-error.js'
import { sameSecret } from './same-secret.js'
import { type Access, TokenService } from './token-service.js'

/** Users of the embedded registry and their permissions. */
export interface ServerAuth {
  /** How clients authenticate: with each request, or with tokens that this server issues at `/token`. */
  readonly kind: 'basic' | 'bearer'
  /** Passwords by user name, not empty; each user has all permissions. */
  readonly users: Readonly<Record<string, string>>
  /** Whether anonymous clients may pull; default false. */
  readonly anonymousPull?: boolean
  /** Lifetime of a token, in seconds; default 300. */
  readonly tokenLifetime?: number
}

/** Authorizes requests. */
export class Gate {
  readonly #tokens: TokenService

  constructor(readonly auth: ServerAuth) {
    this.#tokens = new TokenService(auth.tokenLifetime ?? 300)
  }

  /**
   * Authorizes a request.
   *
   * @throws ProtocolError UNAUTHORIZED
   */
  check(exchange: Exchange, route: Route, origin: string): void {
    const needed = neededAccess(exchange, route)
    const allowed =
      this.auth.kind === 'basic' ? this.#basicAllows(exchange, needed) : this.#bearerAllows(exchange, needed)
    if (!allowed) throw this.#challenge(exchange, needed, origin)
  }

  /**
   * Responds to a request for a token. A user gets the requested scopes, anonymous clients at most `pull`.
   *
   * @throws ProtocolError UNAUTHORIZED for a wrong password, NAME_UNKNOWN if the registry has no token service
   * @see https://distribution.github.io/distribution/spec/auth/token/
   */
  async answerToken(exchange: Exchange): Promise<void> {
    if (this.auth.kind !== 'bearer') throw new ProtocolError(404, 'NAME_UNKNOWN', 'this registry has no tokens')
    if (exchange.method !== 'GET') {
      throw new ProtocolError(405, 'UNSUPPORTED', 'tokens are requested with GET', { allow: 'GET' })
    }
    const user = this.#user(exchange)
    if (user === undefined && exchange.header('authorization') !== undefined) {
      throw new ProtocolError(401, 'UNAUTHORIZED', 'the user name or the password is wrong')
    }
    const ceiling = user === undefined ? (this.auth.anonymousPull ? ['pull'] : []) : ['pull', 'push', 'delete', '*']
    await exchange.answerJson(this.#tokens.issue(exchange.query.getAll('scope'), ceiling))
  }

  #basicAllows(exchange: Exchange, needed: readonly Access[]): boolean {
    if (this.#user(exchange) !== undefined) return true
    return this.#isOpen(needed) && exchange.header('authorization') === undefined
  }

  #bearerAllows(exchange: Exchange, needed: readonly Access[]): boolean {
    const [, token] = /^bearer +(\S+)$/i.exec(exchange.header('authorization') ?? '') ?? []
    if (token !== undefined) return this.#tokens.allows(token, needed)
    return this.#isOpen(needed) && exchange.header('authorization') === undefined
  }

  /** The probe needs no permission, but its 401 shows clients how to log in. */
  #isOpen(needed: readonly Access[]): boolean {
    return this.auth.anonymousPull === true && needed.length > 0 && needed.every(({ action }) => action === 'pull')
  }

  /** The user of the request's Basic login. */
  #user(exchange: Exchange): string | undefined {
    const [, encoded = ''] = /^basic +(\S+)$/i.exec(exchange.header('authorization') ?? '') ?? []
    const text = Buffer.from(encoded, 'base64').toString()
    const colon = text.indexOf(':')
    const name = text.slice(0, Math.max(0, colon))
    const password = Object.hasOwn(this.auth.users, name) ? this.auth.users[name] : undefined
    return password !== undefined && sameSecret(password, text.slice(colon + 1)) ? name : undefined
  }

  /** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
  #challenge(exchange: Exchange, needed: readonly Access[], origin: string): ProtocolError {
    const scopes = needed.map(({ repository, action }) => `repository:${repository}:${actionsOf(action)}`).join(' ')
    const scope = scopes === '' ? '' : `,scope="${scopes}"`
    const sent = exchange.header('authorization') !== undefined
    const bearer = `Bearer realm="${origin}/token",service="polyarch"${scope}${sent ? ',error="invalid_token"' : ''}`
    const challenge = this.auth.kind === 'basic' ? 'Basic realm="polyarch"' : bearer
    const message = sent ? 'the credentials lack permission for this operation' : 'a login is required'
    return new ProtocolError(401, 'UNAUTHORIZED', message, { 'www-authenticate': challenge })
  }
}

/** A push includes reads. */
function actionsOf(action: Access['action']): string {
  return action === 'push' ? 'pull,push' : action
}

const ACTIONS: Readonly<Record<string, Access['action']>> = { GET: 'pull', HEAD: 'pull', DELETE: 'delete' }

/** A mount needs permission to read the source repository. */
function neededAccess({ method, query }: Exchange, route: Route): readonly Access[] {
  if (route.kind === 'probe' || route.kind === 'token') return []
  const isUpload = route.kind === 'upload' || route.kind === 'uploads'
  const action = isUpload ? 'push' : (ACTIONS[method] ?? 'push')
  const from = query.has('mount') ? query.get('from') : null
  const source = from === null ? [] : [{ repository: from, action: 'pull' } as const]
  return [{ repository: route.name, action }, ...source]
}
