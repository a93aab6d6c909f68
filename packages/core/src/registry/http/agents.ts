import type { Agent, RequestOptions } from 'node:http'
import type { SecureContext } from 'node:tls'
import { isLoopback } from '../../model/loopback.js'
import type { RegistryHostOptions } from '../options.js'
import type { Hosts } from './hosts.js'

/** The route to a host: options for `request` of `node:http` and `node:https`, and its properties. */
export interface ConnectionRoute extends Pick<RequestOptions, 'agent'>, TlsOptions {
  /** Whether the head is written when the connection opens, so that no header can be added later. */
  readonly headFirst: boolean
  /** The proxy in between, without its login; empty for a direct connection. */
  readonly proxy: string
}

interface TlsOptions {
  readonly secureContext?: SecureContext
}

/** Pools of keep-alive connections. Code for proxies and TLS is loaded if it is used. */
export class Agents {
  readonly #hosts: Pick<Hosts, 'settingsOf'>
  readonly #useProxies: boolean
  readonly #agents = new Map<string, Promise<Agent>>()
  /**
   * By origin: without a shared context, node parses about 140 authorities for each connection, which takes about 10
   * ms.
   */
  readonly #tls = new Map<string, Promise<TlsOptions>>()

  constructor(hosts: Pick<Hosts, 'settingsOf'>, useProxies: boolean) {
    this.#hosts = hosts
    this.#useProxies = useProxies
  }

  /** The route to a URL: through the proxy of the environment, with the certificates of its host. */
  async routeTo(url: URL): Promise<ConnectionRoute> {
    const proxy = await this.#proxyFor(url)
    const key = `${url.protocol} ${proxy}`
    const agent = this.#agents.get(key) ?? openAgent(url, proxy)
    this.#agents.set(key, agent)
    const tls = this.#tls.get(url.origin) ?? tlsOptions(this.#hosts.settingsOf(url))
    this.#tls.set(url.origin, tls)
    const headFirst = proxy !== '' && url.protocol === 'http:'
    return { agent: await agent, headFirst, proxy: shownProxy(proxy), ...(await tls) }
  }

  /** Ends all connections, those in use too. */
  async destroy(): Promise<void> {
    for (const agent of await Promise.all(this.#agents.values())) agent.destroy()
  }

  async #proxyFor(url: URL): Promise<string> {
    if (!this.#useProxies || isLoopback(url.hostname)) return ''
    return (await import('./proxy-choice.js')).proxyFor(url, process.env)
  }
}

function shownProxy(proxy: string): string {
  return proxy === '' || !URL.canParse(proxy) ? proxy : new URL(proxy).origin
}

async function openAgent({ protocol }: URL, proxy: string): Promise<Agent> {
  const options = { keepAlive: true }
  if (proxy === '')
    return new (await (protocol === 'https:' ? import('node:https') : import('node:http'))).Agent(options)
  // Proxies refuse CONNECT to ports other than that of TLS, so plain HTTP is sent to them without a tunnel.
  if (protocol === 'http:') return new (await import('http-proxy-agent')).HttpProxyAgent(proxy, options)
  return new (await import('https-proxy-agent')).HttpsProxyAgent(proxy, options)
}

/** The certificate authorities that Node.js trusts by default, including those of NODE_EXTRA_CA_CERTS. */
async function usualAuthorities(): Promise<readonly string[]> {
  const tls: Partial<AllAuthorities> & typeof import('node:tls') = await import('node:tls')
  if (tls.getCACertificates) return tls.getCACertificates('default')
  const { readFile } = await import('node:fs/promises')
  const file = process.env['NODE_EXTRA_CA_CERTS']
  // Like Node.js, ignore a file that cannot be read; Node.js prints a warning.
  const extra = file ? await readFile(file, 'utf8').catch(() => '') : ''
  return [...tls.rootCertificates, ...(extra === '' ? [] : [extra])]
}

/** Node 22.15 and newer. @see https://nodejs.org/docs/latest-v22.x/api/tls.html#tlsgetcacertificatestype */
interface AllAuthorities {
  getCACertificates(type: 'default'): readonly string[]
}

async function tlsOptions({ ca, clientCertificate: shown }: RegistryHostOptions = {}): Promise<TlsOptions> {
  if (ca === undefined && shown === undefined) return {}
  const { createSecureContext } = await import('node:tls')
  const secureContext = createSecureContext({
    ...(ca !== undefined && { ca: [...(await usualAuthorities()), ca] }),
    ...(shown && { cert: shown.certificate, key: shown.key }),
    ...(shown?.passphrase !== undefined && { passphrase: shown.passphrase }),
  })
  return { secureContext }
}
