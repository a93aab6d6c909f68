import { configField, entriesOf, type Json } from './docker-config-file.js'

/** Build arguments by name. */
type Args = Readonly<Record<string, string>>

/**
 * The `proxies` of docker's `config.json`: values of `HTTP_PROXY` and its like, by engine address or `default`.
 *
 * @see https://docs.docker.com/engine/cli/proxy/
 */
export type DockerProxies = ReadonlyMap<string, Args>

/** Field of the configuration, and the variable that it sets. */
const FIELDS: readonly (readonly [field: string, variable: string])[] = [
  ['httpProxy', 'HTTP_PROXY'],
  ['httpsProxy', 'HTTPS_PROXY'],
  ['noProxy', 'NO_PROXY'],
  ['ftpProxy', 'FTP_PROXY'],
  ['allProxy', 'ALL_PROXY'],
]

const DEFAULT_KEY = 'default'

/** The port that docker adds to a `tcp://` address without one. */
const DEFAULT_PORT = 2375

/** Reads the proxies from the object of a `config.json`; skips empty values and other types. */
export function parseProxies(json: Json): DockerProxies {
  return new Map(
    entriesOf(configField(json, 'proxies')).map(([key, entry]) => {
      const given = Object.fromEntries(entriesOf(entry))
      const values = FIELDS.map(([field, variable]) => [variable, configField(given, field)] as const)
      return [key, Object.fromEntries(values.filter((value): value is readonly [string, string] => isText(value[1])))]
    }),
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** The entry for an engine: that of its address, else `default`. Docker never merges the two. */
export function proxiesFor(proxies: DockerProxies, address: string): Args {
  const withPort = /^tcp:\/\/[^/:]+\/?$/.test(address) ? `${address.replace(/\/$/, '')}:${DEFAULT_PORT}` : address
  return proxies.get(address) ?? proxies.get(withPort) ?? proxies.get(DEFAULT_KEY) ?? {}
}

/**
 * The build arguments of a build, with the engine's proxies added in upper and lower case, as `docker build` does.
 * An argument that is given in either case keeps both spellings from being added.
 */
export function withProxyArgs(args: Args | undefined, proxies: DockerProxies | undefined, address: string): Args {
  const given = new Set(Object.keys(args ?? {}).map((name) => name.toUpperCase()))
  const added = Object.entries(proxiesFor(proxies ?? new Map(), address)).filter(([name]) => !given.has(name))
  return {
    ...Object.fromEntries(
      added.flatMap(([name, value]) => [[name, value] as const, [name.toLowerCase(), value] as const]),
    ),
    ...args,
  }
}
