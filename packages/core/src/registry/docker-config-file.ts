import { DOCKER_HUB } from '../model/reference.js'
import type { Credentials } from './port.js'

/** The part of docker's `config.json` that says how to log in. */
export interface DockerConfig {
  /** Logins by host. */
  readonly logins: ReadonlyMap<string, Credentials>
  /** Names of credential helpers by host. */
  readonly helpers: ReadonlyMap<string, string>
  /** The helper for all other hosts. */
  readonly store: string | undefined
}

type Json = Readonly<Record<string, unknown>>

/** The key that docker has always kept Docker Hub's login under. */
const HUB_KEY = 'https://index.docker.io/v1/'

const HUB_HOSTS: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/**
 * Reads docker's `config.json`. What is no login is passed over, as docker does.
 *
 * @returns undefined where the text is not a JSON object.
 * @see https://docs.docker.com/reference/cli/docker/login/
 */
export function parseDockerConfig(text: string): DockerConfig | undefined {
  const json = parseObject(text)
  if (json === undefined) return undefined
  const logins = new Map<string, Credentials>()
  for (const [key, entry] of entriesOf(json['auths'])) {
    const login = parseLogin(entry)
    const host = hostOfKey(key)
    // A key that is a bare host is newer than one with a scheme and a path, and wins whatever their order.
    if (login && (key === host || !logins.has(host))) logins.set(host, login)
  }
  const helpers = new Map<string, string>()
  for (const [key, name] of entriesOf(json['credHelpers'])) {
    if (typeof name === 'string' && name !== '') helpers.set(hostOfKey(key), name)
  }
  const store = json['credsStore']
  return { logins, helpers, store: typeof store === 'string' && store !== '' ? store : undefined }
}

/** The host that a key of docker's config is for: keys may have a scheme and a path. */
export function hostOfKey(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
  return HUB_HOSTS.has(host) ? DOCKER_HUB : host
}

/** What a credential helper, and an engine, knows the host as. */
export function helperKey(host: string): string {
  return host === DOCKER_HUB ? HUB_KEY : host
}

/** A login out of what docker and its helpers write: the user `<token>` marks an identity token. */
export function loginOf(username: string, secret: string): Credentials {
  return username === '<token>'
    ? { kind: 'identity-token', token: secret }
    : { kind: 'password', username, password: secret }
}

function parseLogin(entry: unknown): Credentials | undefined {
  if (!isObject(entry)) return undefined
  const { identitytoken, username, password, auth } = entry
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'identity-token', token: identitytoken }
  if (typeof auth === 'string' && auth !== '') return parseAuth(auth)
  if (typeof username !== 'string' || username === '' || typeof password !== 'string') return undefined
  return loginOf(username, password)
}

function parseAuth(auth: string): Credentials | undefined {
  const decoded = Buffer.from(auth, 'base64').toString()
  const colon = decoded.indexOf(':')
  // docker pads passwords with zero bytes in some versions.
  return colon <= 0 ? undefined : loginOf(decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, ''))
}

function parseObject(text: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return isObject(value) ? Object.entries(value) : []
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
