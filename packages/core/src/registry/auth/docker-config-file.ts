import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseJson } from '../../model/json.js'
import { DOCKER_HUB } from '../../model/reference.js'
import type { Credentials } from '../port.js'

/** The login settings of docker's `config.json`. */
export interface DockerConfig {
  /** Logins by host. */
  readonly logins: ReadonlyMap<string, Credentials>
  /** Names of credential helpers by host; an empty name means that `logins` serves that host. */
  readonly helpers: ReadonlyMap<string, string>
  /** The helper for all other hosts. */
  readonly store: string | undefined
}

/** A JSON object of unknown content. */
export type Json = Readonly<Record<string, unknown>>

/** The key of Docker Hub's login in docker's configuration. */
const HUB_KEY = 'https://index.docker.io/v1/'

const HUB_HOSTS: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** The folder of docker's configuration: `DOCKER_CONFIG`, else `.docker` in the home folder. */
export function dockerConfigFolder(env: Readonly<Record<string, string | undefined>>): string {
  return env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker')
}

/**
 * Reads the text of a `config.json` as docker does: an empty file and `null` are an empty configuration.
 *
 * @returns undefined if the text is not a JSON object.
 */
export function parseConfigObject(text: string): Json | undefined {
  if (text.trim() === '') return {}
  try {
    const json: unknown = parseJson(text)
    if (json === null) return {}
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

/** A field of docker's configuration. Like Go, it prefers an exact name, then ignores case. */
export function configField(json: Json, name: string): unknown {
  if (Object.hasOwn(json, name)) return json[name]
  const lower = name.toLowerCase()
  return Object.entries(json).find(([key]) => key.toLowerCase() === lower)?.[1]
}

/**
 * Reads the logins of docker's `config.json`. Skips entries that hold no login, as docker does.
 *
 * @returns undefined if the text is not a JSON object.
 * @see https://docs.docker.com/reference/cli/docker/login/
 */
export function parseDockerConfig(text: string): DockerConfig | undefined {
  const json = parseConfigObject(text)
  return json && dockerLogins(json)
}

/** The logins in the object of a `config.json`. */
export function dockerLogins(json: Json): DockerConfig {
  const helpers = new Map<string, string>()
  for (const [key, name] of entriesOf(configField(json, 'credHelpers'))) {
    if (typeof name === 'string') helpers.set(hostOfKey(key), name)
  }
  const store = configField(json, 'credsStore')
  return {
    logins: readLogins(configField(json, 'auths'), parseLogin),
    helpers,
    store: typeof store === 'string' && store !== '' ? store : undefined,
  }
}

/**
 * Reads the value of `DOCKER_AUTH_CONFIG` as docker 28.5 does: one object with `auths`, whose entries have `auth` alone.
 *
 * @returns undefined if docker would ignore the value.
 * @see https://docs.docker.com/reference/cli/docker/#environment-variables
 */
export function parseAuthVariable(text: string): ReadonlyMap<string, Credentials> | undefined {
  const json = parseConfigObject(text)
  if (json === undefined || Object.keys(json).some((key) => key.toLowerCase() !== 'auths')) return undefined
  const auths = configField(json, 'auths') ?? {}
  if (!isObject(auths) || !Object.values(auths).every(isAuthOnly)) return undefined
  const logins = readLogins(auths, ({ auth }) => parseAuth(String(auth)))
  return logins.size < Object.keys(auths).length ? undefined : logins
}

function isAuthOnly(entry: unknown): boolean {
  return isObject(entry) && Object.keys(entry).length === 1 && typeof entry['auth'] === 'string'
}

function readLogins(auths: unknown, read: (entry: Json) => Credentials | undefined): Map<string, Credentials> {
  const logins = new Map<string, Credentials>()
  for (const [key, entry] of entriesOf(auths)) {
    const login = isObject(entry) ? read(entry) : undefined
    const host = hostOfKey(key)
    // A bare host has precedence over a key with a scheme and a path, in any order.
    if (login && (key === host || !logins.has(host))) logins.set(host, login)
  }
  return logins
}

/** The host that a key of docker's config is for: keys may have a scheme and a path. */
export function hostOfKey(key: string): string {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
  return HUB_HOSTS.has(host) ? DOCKER_HUB : host
}

/** The name of a host in credential helpers and in engines. */
export function helperKey(host: string): string {
  return host === DOCKER_HUB ? HUB_KEY : host
}

/** Parses a login as docker and its helpers store it: the user `<token>` marks an identity token. */
export function loginOf(username: string, secret: string): Credentials {
  return username === '<token>'
    ? { kind: 'identity-token', token: secret }
    : { kind: 'password', username, password: secret }
}

function parseLogin({ identitytoken, username, password, auth }: Json): Credentials | undefined {
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'identity-token', token: identitytoken }
  if (typeof auth === 'string' && auth !== '') return parseAuth(auth)
  if (typeof username !== 'string' || username === '' || typeof password !== 'string') return undefined
  return loginOf(username, password)
}

function parseAuth(auth: string): Credentials | undefined {
  const decoded = Buffer.from(auth, 'base64').toString()
  const colon = decoded.indexOf(':')
  return colon <= 0 ? undefined : loginOf(decoded.slice(0, colon), withoutPadding(decoded.slice(colon + 1)))
}

/** Some versions of docker pad passwords with zero bytes, on either side. */
function withoutPadding(password: string): string {
  let [start, end] = [0, password.length]
  while (start < end && password[start] === '\0') start += 1
  while (end > start && password[end - 1] === '\0') end -= 1
  return password.slice(start, end)
}

/** The entries of an object; none of anything else. */
export function entriesOf(value: unknown): readonly [string, unknown][] {
  return isObject(value) ? Object.entries(value) : []
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
