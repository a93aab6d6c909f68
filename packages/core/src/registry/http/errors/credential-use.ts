import type { Credentials } from '../../port.js'

/** Describes the login that was used, without its secret. */
export function describeCredentials(credentials: Credentials | undefined): string {
  if (credentials === undefined) return 'no credentials'
  return credentials.kind === 'password' ? `the password of user '${credentials.username}'` : 'an identity token'
}

/** In characters: redacting a shorter value would remove parts of ordinary words. */
const SHORTEST_SECRET = 4

/** The values of a login, and of its Authorization header, that must not be printed. */
export function secretsOf(credentials: Credentials | undefined, authorization: string | undefined): readonly string[] {
  const own = credentials?.kind === 'password' ? credentials.password : credentials?.token
  const sent = authorization?.replace(/^\S+\s+/, '')
  return [own, sent].filter((secret): secret is string => (secret?.length ?? 0) >= SHORTEST_SECRET)
}

/** Returns the hint for a request that a host rejected, given the login that it carried. */
export function loginHint(host: string, credentials: Credentials | undefined): string {
  const login = `docker login ${host}`
  if (credentials === undefined) return `no credentials for ${host} were found: run \`${login}\`, or pass credentials`
  return `the request to ${host} used ${describeCredentials(credentials)}: check its permissions, or run \`${login}\``
}
