import { createHash, randomUUID, sign, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Certificate } from './certificate.js'

/** A request that the token service received, without its secrets. */
export interface TokenRequest {
  readonly user: string | undefined
  readonly scopes: readonly string[]
}

/** A server that hands out the Bearer tokens of a registry. */
export interface TokenService extends AsyncDisposable {
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** All received requests, in order. */
  readonly requests: readonly TokenRequest[]
}

/**
 * Starts a token service that lets one user do everything and everybody else pull.
 *
 * @see https://github.com/distribution/distribution/blob/v2.8.2/docs/spec/auth/jwt.md
 */
export async function startTokenService(
  certificate: Certificate,
  login: { readonly username: string; readonly password: string },
): Promise<TokenService> {
  const requests: TokenRequest[] = []
  const names = { service: 'registry.example.com', issuer: 'auth.example.com' }
  const server = createServer((request, response) => {
    const given = basicLogin(request)
    if (given !== undefined && (given.username !== login.username || given.password !== login.password)) {
      response.writeHead(401).end()
      return
    }
    const scopes = new URL(request.url ?? '/', 'http://localhost').searchParams.getAll('scope')
    requests.push({ user: given?.username, scopes })
    const access = scopes.map(parseScope).map((scope) => (given ? scope : onlyPull(scope)))
    const token = signToken(certificate, { ...names, access, subject: given?.username ?? '' })
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ token, expires_in: 300, issued_at: new Date().toISOString() }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const realm = `http://127.0.0.1:${port}/token`
  return { ...names, realm, requests, [Symbol.asyncDispose]: () => close(server) }
}

interface Access {
  readonly type: string
  readonly name: string
  readonly actions: readonly string[]
}

function parseScope(scope: string): Access {
  const [, type = '', name = '', actions = ''] = /^([^:]+):(.+):([^:]*)$/.exec(scope) ?? []
  return { type, name, actions: actions.split(',') }
}

function onlyPull(access: Access): Access {
  return { ...access, actions: access.actions.filter((action) => action === 'pull') }
}

function basicLogin(request: IncomingMessage): { username: string; password: string } | undefined {
  const [, encoded] = /^Basic (.+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [, username = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return { username, password }
}

interface Claims {
  readonly issuer: string
  readonly service: string
  readonly subject: string
  readonly access: readonly Access[]
}

function signToken({ certificate, key }: Certificate, { issuer, service, subject, access }: Claims): string {
  const now = Math.floor(Date.now() / 1000)
  const header = { typ: 'JWT', alg: 'ES256', x5c: [new X509Certificate(certificate).raw.toString('base64')] }
  const claims = {
    iss: issuer,
    sub: subject,
    aud: service,
    exp: now + 300,
    nbf: now - 30,
    iat: now,
    jti: createHash('sha256').update(randomUUID()).digest('hex'),
    access,
  }
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

async function close(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
