import type { Challenge } from '../http/challenge.js'
import { redactUrl } from '../http/redaction.js'

/** How a login is sent to a host. */
export type LoginScheme =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | undefined }

/**
 * Chooses an authentication scheme of those that a host offers, Bearer first.
 *
 * @param mayUse - whether a login may be sent to a URL: a password goes to the realm, over TLS unless the host is
 * listed as insecure
 * @returns the scheme, or why none can be used, as a sentence about the host.
 */
export function chooseScheme(
  host: string,
  challenges: readonly Challenge[],
  mayUse: (url: URL) => boolean,
): LoginScheme | { readonly kind: 'impossible'; readonly why: string } {
  const bearer = bearerChallenge(challenges)
  const realm = bearer?.parameters.get('realm') ?? ''
  const service = URL.canParse(realm) ? new URL(realm) : undefined
  if (service && mayUse(service)) return { kind: 'bearer', realm: service, service: bearer?.parameters.get('service') }
  if (challenges.some(({ scheme }) => scheme === 'basic')) return { kind: 'basic' }
  return { kind: 'impossible', why: unsupportedReason(host, challenges, service) }
}

/** The challenge that names a token service. */
export function bearerChallenge(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.has('realm'))
}

function unsupportedReason(host: string, challenges: readonly Challenge[], service: URL | undefined): string {
  if (service?.protocol === 'http:') {
    return `${host} gets its tokens from ${redactUrl(service)} over plain HTTP: add ${service.host} to insecureHosts if logins may be sent there`
  }
  const schemes = [...new Set(challenges.map(({ scheme }) => `'${scheme}'`))]
  if (schemes.length === 0) return `${host} requires a login, but names no authentication scheme`
  if (schemes.includes("'bearer'")) return `${host} requires a token, but names no token service`
  return `${host} requires a login by ${schemes.join(' or ')}; polyarch supports Basic and Bearer`
}
