import { DefinitionError } from '../../model/errors.js'
import { isLoopback } from '../../model/loopback.js'
import { DOCKER_HUB, isRepositoryPath } from '../../model/reference.js'
import type { RegistryHostOptions, RegistryOptions } from '../options.js'

/** A host that serves a registry: the registry itself or a mirror. */
export interface Endpoint {
  /** The host that credentials are looked up by. */
  readonly host: string
  /** `https://registry-1.docker.io` */
  readonly origin: string
  /** Prefix of the repository in paths and scopes: empty, or `hub/`. */
  readonly prefix: string
  readonly mirror: boolean
  readonly chunkSize: number
}

/** The host of Docker Hub's API; `docker.io`, the usual name, serves web pages. */
const DOCKER_HUB_API = 'registry-1.docker.io'

function isPlainLoopback({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && isLoopback(hostname)
}

/** The connection settings of each host. Hosts are compared exactly, including the port. */
export class Hosts {
  readonly #options: ReadonlyMap<string, RegistryHostOptions>
  readonly #insecure: ReadonlySet<string>
  readonly #byOrigin: ReadonlyMap<string, RegistryHostOptions>
  /** As origins: a URL omits its default port and capitals. */
  readonly #plainOrigins: ReadonlySet<string>
  readonly #mirrors: ReadonlyMap<string, readonly Endpoint[]>
  readonly #endpoints = new Map<string, Endpoint>()

  /** @throws DefinitionError if a host or mirror is not valid */
  constructor(options: Pick<RegistryOptions, 'hosts' | 'insecureHosts'>) {
    this.#options = new Map(Object.entries(options.hosts ?? {}))
    this.#insecure = new Set(options.insecureHosts)
    this.#byOrigin = new Map([...this.#options].map(([host, given]) => [this.endpoint(host).origin, given]))
    this.#mirrors = new Map([...this.#options].map(([host, given]) => [host, this.#parseMirrors(host, given)]))
    const named = [...this.#insecure, ...this.#options.keys()].map((host) => this.endpoint(host).origin)
    this.#plainOrigins = new Set(named.filter((origin) => origin.startsWith('http:')))
  }

  /** The host itself. */
  endpoint(host: string): Endpoint {
    const endpoint = this.#endpoints.get(host) ?? this.#parseHost(host)
    this.#endpoints.set(host, endpoint)
    return endpoint
  }

  /** The mirrors of a host, in the order in which they are tried. */
  mirrors(host: string): readonly Endpoint[] {
    return this.#mirrors.get(host) ?? []
  }

  /** The settings of the host that a URL points to. */
  settingsOf(url: URL): RegistryHostOptions | undefined {
    return this.#byOrigin.get(url.origin)
  }

  /**
   * Whether content and credentials may be sent to this URL: over TLS, or by plain HTTP to loopback and insecure hosts.
   * A redirect to loopback is allowed only from plain HTTP on loopback.
   */
  mayUse(url: URL, from?: URL): boolean {
    if (url.protocol === 'https:' || this.#plainOrigins.has(url.origin)) return true
    return isPlainLoopback(url) && (from === undefined || isPlainLoopback(from))
  }

  #isPlain(host: string): boolean {
    const given = this.#options.get(host)
    if (given?.plainHttp !== undefined) return given.plainHttp
    if (given?.ca !== undefined || given?.clientCertificate !== undefined) return false
    return this.#insecure.has(host) || isLoopback(host.replace(/:\d+$/, ''))
  }

  #parseHost(host: string): Endpoint {
    const scheme = this.#isPlain(host) ? 'http' : 'https'
    const address = host === DOCKER_HUB ? DOCKER_HUB_API : host
    if (!URL.canParse(`${scheme}://${address}`)) throw invalidHost(host)
    const url = new URL(`${scheme}://${address}`)
    if (url.href !== `${url.origin}/`) throw invalidHost(host)
    const chunkSize = this.#options.get(host)?.chunkSize ?? Number.POSITIVE_INFINITY
    return { host, origin: url.origin, prefix: '', mirror: false, chunkSize }
  }

  #parseMirrors(host: string, { mirrors = [] }: RegistryHostOptions): readonly Endpoint[] {
    return mirrors.map((mirror, index) => {
      const [, address = '', path] = /^([^/]+)(?:\/(.+?))?\/?$/.exec(mirror) ?? []
      if (address === '' || (path !== undefined && !isRepositoryPath(path))) {
        throw new DefinitionError([
          {
            path: `hosts['${host}'].mirrors[${index}]`,
            message: `mirror '${mirror}' is not valid`,
            hint: 'write host[:port][/path] without a scheme: mirror.example.com/hub',
          },
        ])
      }
      return { ...this.endpoint(address), prefix: path === undefined ? '' : `${path}/`, mirror: true }
    })
  }
}

function invalidHost(host: string): DefinitionError {
  const hint = 'write host[:port] as in references: registry.example.com:5000'
  return new DefinitionError([{ path: `hosts['${host}']`, message: `registry host '${host}' is not valid`, hint }])
}
