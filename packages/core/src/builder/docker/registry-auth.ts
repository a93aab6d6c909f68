import type { Repository } from '../../model/reference.js'
import { helperKey, hostOfKey } from '../../registry/auth/docker-config-file.js'
import type { CredentialCall, CredentialStore, Credentials } from '../../registry/port.js'

/** The login for a host as an engine or BuildKit names it, Docker Hub by any of its names. */
export async function findCredentials(
  store: CredentialStore,
  host: string,
  call: CredentialCall,
): Promise<Credentials | undefined> {
  return store.find(hostOfKey(host), call)
}

/** Headers of a request to the engine, with the login for the registry that it is about. */
export async function registryHeaders(
  store: CredentialStore,
  { registry }: Repository,
  call: CredentialCall,
): Promise<Readonly<Record<string, string>>> {
  return { 'X-Registry-Auth': registryAuthHeader(registry, await findCredentials(store, registry, call)) }
}

/**
 * The value of X-Registry-Auth: base64 in the URL-safe alphabet with padding. Any other form silently makes the request
 * anonymous. A push without the header is rejected, so an anonymous push has a value too.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#section/Authentication
 */
export function registryAuthHeader(host: string, credentials: Credentials | undefined): string {
  const json = JSON.stringify(credentials === undefined ? {} : authConfig(host, credentials))
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

function authConfig(host: string, credentials: Credentials): object {
  const serveraddress = helperKey(hostOfKey(host))
  return credentials.kind === 'password'
    ? { username: credentials.username, password: credentials.password, serveraddress }
    : { identitytoken: credentials.token, serveraddress }
}
