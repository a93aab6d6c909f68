import { DOCKER_HUB, type Repository } from '../model/reference.js'
import type { CredentialStore, Credentials } from '../registry/port.js'

/** The key under which docker has always kept the login of Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/'

/** Hosts that BuildKit and engines ask for when they mean Docker Hub. */
const DOCKER_HUB_HOSTS: ReadonlySet<string> = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io'])

/** The login for a host as an engine or BuildKit names it. */
export async function findCredentials(store: CredentialStore, host: string): Promise<Credentials | undefined> {
  return store.find(DOCKER_HUB_HOSTS.has(host) ? DOCKER_HUB : host)
}

/** Headers of a request to the engine, with the login for the registry that it is about. */
export async function registryHeaders(
  store: CredentialStore,
  { registry }: Repository,
): Promise<Readonly<Record<string, string>>> {
  return { 'X-Registry-Auth': registryAuthHeader(registry, await findCredentials(store, registry)) }
}

/**
 * The value of X-Registry-Auth: base64 in the URL-safe alphabet with padding. Any other form makes the request an
 * anonymous one without a word, and a push without the header is refused, so an anonymous one has a value too.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#section/Authentication
 */
export function registryAuthHeader(host: string, credentials: Credentials | undefined): string {
  const json = JSON.stringify(credentials === undefined ? {} : authConfig(host, credentials))
  return Buffer.from(json).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

function authConfig(host: string, credentials: Credentials): object {
  const serveraddress = DOCKER_HUB_HOSTS.has(host) ? DOCKER_HUB_KEY : host
  return credentials.kind === 'password'
    ? { username: credentials.username, password: credentials.password, serveraddress }
    : { identitytoken: credentials.token, serveraddress }
}
