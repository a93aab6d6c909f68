import { isIP } from 'node:net'
import { isLoopback } from '../../model/loopback.js'
import type { RegistryServerOptions } from '../options.js'
import { ProtocolError } from '../protocol-error.js'
import type { Exchange } from './exchange.js'

/** Values of `Sec-Fetch-Site` for typed addresses and pages of this server. */
const OWN_SITES: ReadonlySet<string> = new Set(['none', 'same-origin'])

/**
 * Rejects requests that web pages of other sites send with the user's browser. Container clients send neither `Origin`
 * nor `Sec-Fetch-Site`. Names other than this machine's own are refused too, because the owner of a name can point it
 * to a loopback address (DNS rebinding), and its pages then count as pages of this server.
 *
 * @see https://fetch.spec.whatwg.org/#origin-header
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export class OriginCheck {
  readonly #scheme: 'http' | 'https'
  readonly #names: ReadonlySet<string>
  readonly #anyName: boolean
  readonly #anyAddress: boolean

  constructor({ host = '127.0.0.1', hostNames = [], auth, tls }: RegistryServerOptions) {
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#names = new Set([host, ...hostNames].map((name) => name.toLowerCase()))
    this.#anyName = auth !== undefined && auth.anonymousPull !== true
    // DNS rebinding works with names only, so an address in the Host header is accepted.
    this.#anyAddress = !isLoopback(isIP(host) === 6 ? `[${host}]` : host)
  }

  /** @throws ProtocolError UNSUPPORTED for an ambiguous `Host`, DENIED for a request of another site */
  check(exchange: Exchange): void {
    const { rawHeaders } = exchange.request
    const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
    if (hosts.length > 1) throw new ProtocolError(400, 'UNSUPPORTED', 'the request has more than one Host header')
    const host = (exchange.header('host') ?? '').toLowerCase()
    if (!this.#anyName && !this.#isOwnName(host.replace(/:\d*$/, ''))) {
      throw denied(`'${host}' is not a name of this registry; the option hostNames adds names`)
    }
    const origin = exchange.header('origin')
    if (origin !== undefined && origin.toLowerCase() !== `${this.#scheme}://${host}`) {
      throw denied('the request comes from a web page of another site')
    }
    const site = exchange.header('sec-fetch-site')
    if (site !== undefined && !OWN_SITES.has(site)) throw denied('the request comes from a web page of another site')
  }

  #isOwnName(name: string): boolean {
    if (isLoopback(name) || this.#names.has(name)) return true
    return this.#anyAddress && isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0
  }
}

function denied(message: string): ProtocolError {
  return new ProtocolError(403, 'DENIED', message)
}
