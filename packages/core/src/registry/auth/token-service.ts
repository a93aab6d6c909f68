import { RegistryError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { LIMITS } from '../../model/limits.js'
import { answerError } from '../http/errors/answer-error.js'
import { networkError } from '../http/errors/network-error.js'
import { encodingNote, type HttpAnswer, type HttpRequest, readBounded } from '../http/http-message.js'
import { redactUrl } from '../http/redaction.js'
import type { Credentials } from '../port.js'
import type { Scope } from './scope.js'

/** A Bearer token. */
export interface Token {
  readonly value: string
  /** When to fetch a new token, shortly before it expires: milliseconds since the epoch, by this machine's clock. */
  readonly refreshAt: number
  /** The login that it was issued for; undefined for an anonymous token. */
  readonly login: Credentials | undefined
}

/** A request for a token. */
export interface TokenOrder {
  /** The registry's host, for messages. */
  readonly host: string
  readonly realm: URL
  readonly service: string | undefined
  readonly scopes: readonly Scope[]
  readonly credentials: Credentials | undefined
}

/** The default of the specification for responses without a lifetime. */
const DEFAULT_LIFETIME_SECONDS = 60
/** Highest margin before the expiry, in milliseconds: the token must still be valid when a queued request is sent. */
const MAX_MARGIN = 15_000

/**
 * Requests a token from a token service: by GET with a password, by POST (OAuth2) with an identity token.
 *
 * @throws RegistryError REGISTRY_UNAUTHORIZED, REGISTRY_DENIED; REGISTRY_REJECTED if the response holds no token
 * @see https://github.com/distribution/distribution/blob/v2.8.2/docs/spec/auth/token.md
 * @see https://github.com/distribution/distribution/blob/v2.8.2/docs/spec/auth/oauth.md
 */
export async function fetchToken(
  order: TokenOrder,
  send: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<Token> {
  const request =
    order.credentials?.kind === 'identity-token' ? oauthRequest(order, order.credentials) : getRequest(order)
  // Counted from before the request by this machine's clock: the service's clock may be wrong.
  const requestedAt = Date.now()
  const answer = await send(request)
  if (answer.status !== 200)
    throw await answerError(answer, request, { host: order.host, credentials: order.credentials })
  const body = await readAnswer(answer, request)
  const value = firstText(body['token'], body['access_token'])
  if (value === undefined) throw badAnswer(request, 'its response has no token')
  const seconds = lifetimeOf(body)
  const refreshAt = requestedAt + seconds * 1000 - Math.min(MAX_MARGIN, seconds * 250)
  return { value, refreshAt, login: order.credentials }
}

function getRequest({ realm, service, scopes, credentials }: TokenOrder): HttpRequest {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credentials?.kind !== 'password') return { method: 'GET', url, headers: {} }
  url.searchParams.set('account', credentials.username)
  return { method: 'GET', url, headers: {}, authorization: basicAuthorization(credentials) }
}

function oauthRequest(order: TokenOrder, { token }: Extract<Credentials, { kind: 'identity-token' }>): HttpRequest {
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: 'polyarch' })
  if (order.service !== undefined) form.set('service', order.service)
  if (order.scopes.length > 0) form.set('scope', order.scopes.join(' '))
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url: order.realm, headers, body: Buffer.from(form.toString()), hasSecret: true }
}

/** The Authorization header of a password. @see https://www.rfc-editor.org/rfc/rfc7617 */
export function basicAuthorization({ username, password }: Extract<Credentials, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

async function readAnswer(answer: HttpAnswer, request: HttpRequest): Promise<Record<string, unknown>> {
  const bytes = await readBounded(answer, LIMITS.tokenAnswer).catch((error: unknown) => {
    throw networkError(error, request)
  })
  try {
    const body: unknown = parseJson(bytes?.toString() ?? '')
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>
  } catch {
    // Reported below, without a quote: the text may contain part of a token.
  }
  throw badAnswer(request, `its response is not JSON${encodingNote(answer)}`)
}

/** Some services use 0 for an unspecified lifetime. */
function lifetimeOf({ expires_in: seconds }: Record<string, unknown>): number {
  return typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}

function badAnswer({ method, url }: HttpRequest, why: string): RegistryError {
  const exchange = { method, url: redactUrl(url), status: 200 }
  return new RegistryError('REGISTRY_REJECTED', `the token service ${exchange.url} cannot be used: ${why}`, {
    exchange,
  })
}
