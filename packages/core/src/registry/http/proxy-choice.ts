import { BlockList, isIP } from 'node:net'
import type { Environment } from '../../host/environment.js'

const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/**
 * The proxy of the environment for a URL, chosen as Go's `httpproxy` does; empty for a direct connection.
 *
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 */
export function proxyFor(url: URL, env: Environment): string {
  const proxy = variable(env, url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
  if (proxy === '') return ''
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || PORTS[url.protocol] || ''
  const isExcluded = variable(env, 'NO_PROXY')
    .split(',')
    .some((entry) => excludes(entry.trim().toLowerCase(), host, port))
  if (isExcluded) return ''
  return /^(?:https?|socks5):\/\//i.test(proxy) ? proxy : `http://${proxy}`
}

function variable(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || ''
}

function excludes(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isInNetwork(entry, host)
  const { name, port: requested } = splitPort(entry)
  if (name === '' || (requested !== '' && requested !== port)) return false
  if (isIP(name) !== 0) return isInNetwork(`${name}/${isIP(name) === 4 ? 32 : 128}`, host)
  const domain = name.startsWith('*.') ? name.slice(1) : name
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`)
}

/** `host:port` and `[address]:port`; an address of IPv6 without brackets has no port. */
function splitPort(entry: string): { readonly name: string; readonly port: string } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(entry)
  if (bracketed) return { name: bracketed[1] ?? '', port: bracketed[2] ?? '' }
  const [name = '', port = '', ...more] = entry.split(':')
  return more.length > 0 ? { name: entry, port: '' } : { name, port }
}

function isInNetwork(network: string, host: string): boolean {
  const [address = '', prefix = ''] = network.split('/')
  const [family, hostFamily] = [isIP(address), isIP(host)]
  if (family === 0 || hostFamily === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128))
    return false
  const list = new BlockList()
  list.addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, hostFamily === 4 ? 'ipv4' : 'ipv6')
}
