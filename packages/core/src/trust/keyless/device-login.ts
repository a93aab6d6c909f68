import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { HostError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { type JsonObject, objectOf, textOf } from '../../model/json-fields.js'

/** Login with a browser on any device: the user opens an address and enters a code. */
export interface DeviceLogin {
  /** Shows the address and the code. */
  readonly show: (prompt: DevicePrompt) => void | Promise<void>
  /** The OpenID provider; by default that of the public sigstore. */
  readonly provider?: string
  /** The client id at the provider. Default `sigstore`. */
  readonly clientId?: string
}

/** Values that the user needs to sign in. */
export interface DevicePrompt {
  /** The address to open. */
  readonly verificationUri: string
  /** The code to enter there. */
  readonly userCode: string
  /** The address with the code, if the provider has one. */
  readonly verificationUriComplete?: string
}

/** The provider that cosign uses by default. */
const PUBLIC_PROVIDER = 'https://oauth2.sigstore.dev/auth'
const CLIENT = 'sigstore'
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** Seconds between two requests, and those that the response `slow_down` adds. */
const DEFAULT_INTERVAL = 5
const SLOW_DOWN = 5
/** Seconds to sign in, if the provider states none. */
const DEFAULT_EXPIRY = 300
/** Seconds for which a token must still be valid to be used again. */
const MARGIN = 30

/**
 * Returns tokens of a user, who signs in once for all signatures of a run as long as the token is valid.
 *
 * @throws HostError SIGNING_FAILED
 * @see https://www.rfc-editor.org/rfc/rfc8628
 */
export function deviceTokens(login: DeviceLogin): () => Promise<string> {
  let last: Promise<string> | undefined
  return async () => {
    const token = await last?.catch(() => undefined)
    if (token !== undefined && expiryOf(token) > Date.now() / 1000 + MARGIN) return token
    last = signIn(login)
    return last
  }
}

async function signIn({ show, provider = PUBLIC_PROVIDER, clientId = CLIENT }: DeviceLogin): Promise<string> {
  const endpoints = await requestJson(`${provider.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const [authorization, token] = [endpoints['device_authorization_endpoint'], endpoints['token_endpoint']].map(textOf)
  if (authorization === undefined || token === undefined)
    throw loginFailed(`${provider} does not support signing in by device`)
  const verifier = randomBytes(32).toString('base64url')
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const started = await requestJson(authorization, {
    ...{ client_id: clientId, scope: 'openid email' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
  })
  const [deviceCode, userCode] = [textOf(started['device_code']), textOf(started['user_code'])]
  const verificationUri = textOf(started['verification_uri'])
  if (!deviceCode || !userCode || !verificationUri) throw loginFailed(reasonIn(started))
  const complete = textOf(started['verification_uri_complete'])
  await show({ verificationUri, userCode, ...(complete !== undefined && { verificationUriComplete: complete }) })
  const expiresIn = secondsIn(started['expires_in'], DEFAULT_EXPIRY)
  return pollToken(
    token,
    { grant_type: GRANT, device_code: deviceCode, client_id: clientId, code_verifier: verifier },
    { interval: secondsIn(started['interval'], DEFAULT_INTERVAL), until: Date.now() + expiresIn * 1000 },
  )
}

async function pollToken(
  endpoint: string,
  form: Readonly<Record<string, string>>,
  { interval, until }: { readonly interval: number; readonly until: number },
): Promise<string> {
  let seconds = interval
  while (Date.now() < until) {
    await wait(seconds * 1000)
    const answer = await requestJson(endpoint, form)
    const token = textOf(answer['id_token'])
    if (token !== undefined) return token
    if (answer['error'] === 'slow_down') seconds += SLOW_DOWN
    else if (answer['error'] !== 'authorization_pending') throw loginFailed(reasonIn(answer))
  }
  throw loginFailed('the code expired before the user signed in')
}

/** Error responses have other statuses, and a JSON body too. */
async function requestJson(url: string, form?: Readonly<Record<string, string>>): Promise<JsonObject> {
  try {
    const body = form && { method: 'POST', body: new URLSearchParams(form) }
    const response = await fetch(url, { ...body, headers: { accept: 'application/json' } })
    return objectOf(parseJson(await response.text()))
  } catch (cause) {
    throw loginFailed(`${url} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}

function secondsIn(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? value : otherwise
}

function reasonIn(answer: JsonObject): string {
  return textOf(answer['error_description']) ?? textOf(answer['error']) ?? 'the provider returned no code'
}

/** When a token expires, in seconds since 1970; 0 if it does not state that. */
function expiryOf(token: string): number {
  try {
    const { exp } = objectOf(parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
    return typeof exp === 'number' ? exp : 0
  } catch {
    return 0
  }
}

function loginFailed(because: string, cause?: unknown): HostError {
  return new HostError('SIGNING_FAILED', `signing in failed: ${because}`, {
    hint: 'run again and sign in, or set `keyless.token`',
    cause,
  })
}
