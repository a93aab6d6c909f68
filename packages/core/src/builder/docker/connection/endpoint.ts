import type { Environment } from '../../../host/environment.js'
import { EngineError } from '../../../model/errors.js'
import { dockerConfigFolder } from '../../../registry/auth/docker-config-file.js'
import { type CertificateFiles, readTlsFiles, type TlsMaterial } from '../../transport/tls-material.js'
import { configuredContext, readContext } from './docker-context.js'

/** Address of an engine, with its transport. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly address: string; readonly path: string }
  | {
      readonly kind: 'tcp'
      readonly address: string
      readonly host: string
      readonly port: number
      readonly tls: TlsMaterial | undefined
    }
  | {
      readonly kind: 'ssh'
      readonly address: string
      /** `user@host`, or a name from the ssh configuration. */
      readonly destination: string
      readonly port: number | undefined
      /** Path of the engine's socket on that host, if it is not the default. */
      readonly socket: string | undefined
    }

/** Options that select the engine. */
export interface EndpointOptions {
  /** An address as in DOCKER_HOST, or the name of a docker context; it has precedence. */
  readonly host?: string | undefined
  /** Folder or files of the certificates for an address. */
  readonly certificates?: string | CertificateFiles | undefined
  readonly env: Environment
  readonly platform?: NodeJS.Platform
}

const DEFAULT_SOCKET = 'unix:///var/run/docker.sock'
const DEFAULT_PIPE = 'npipe:////./pipe/docker_engine'
const PLAIN_PORT = 2375
const TLS_PORT = 2376

/**
 * Finds the engine as the docker command line does: the explicit host, DOCKER_HOST, the context in use, the default socket.
 *
 * @throws ENGINE_UNREACHABLE if an address is malformed or the context does not exist.
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export async function resolveEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { host, certificates, env, platform = process.platform } = options
  const folder = dockerConfigFolder(env)
  const contextName = host && !host.includes('://') ? host : undefined
  const address = contextName === undefined ? host || env['DOCKER_HOST'] : undefined
  if (address) {
    const tls = certificates === undefined ? await environmentTls(env, folder) : await readTls(certificates)
    return parseEndpoint(address, tls)
  }
  const name = contextName || env['DOCKER_CONTEXT'] || (await configuredContext(folder))
  const context = await readContext(folder, name)
  if (context) return parseEndpoint(context.host, context.tls)
  return parseEndpoint(platform === 'win32' ? DEFAULT_PIPE : DEFAULT_SOCKET, undefined)
}

/**
 * Reads TLS settings as DOCKER_TLS_VERIFY and DOCKER_CERT_PATH define them; any value but the empty one enables TLS.
 */
async function environmentTls(env: Environment, folder: string): Promise<TlsMaterial | undefined> {
  if (!env['DOCKER_TLS_VERIFY']) return undefined
  return readTls(env['DOCKER_CERT_PATH'] || folder)
}

async function readTls(from: string | CertificateFiles): Promise<TlsMaterial> {
  return { ...(await readTlsFiles(from)), verify: true }
}

/**
 * Reads `unix://`, `npipe://`, `tcp://` and `ssh://` addresses.
 *
 * @throws ENGINE_UNREACHABLE if it is none of them.
 */
export function parseEndpoint(address: string, tls: TlsMaterial | undefined): Endpoint {
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(address)?.[1]
  if (socket !== undefined) return { kind: 'socket', address, path: socket }
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.password) {
    throw new EngineError('ENGINE_UNREACHABLE', `the address of an engine on ${url.hostname} contains a password`, {
      hint: 'use a key for ssh, and certificates for tcp: addresses are printed',
    })
  }
  if (url?.hostname && url.protocol === 'ssh:') return sshEndpoint(address, url)
  if (url?.hostname && ['tcp:', 'http:', 'https:'].includes(url.protocol)) return tcpEndpoint(address, url, tls)
  throw new EngineError('ENGINE_UNREACHABLE', `engine address '${address}' is not valid`, {
    hint: 'use unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host; DOCKER_CONTEXT and --builder accept the name of a docker context',
  })
}

function tcpEndpoint(address: string, url: URL, given: TlsMaterial | undefined): Endpoint {
  const tls = given ?? (url.protocol === 'https:' ? { verify: true } : undefined)
  // URL has no default port for `tcp:`, so that 80 and 443 are kept.
  const schemePort = { 'http:': 80, 'https:': 443 }[url.protocol]
  const port = url.port === '' ? (schemePort ?? (tls ? TLS_PORT : PLAIN_PORT)) : Number(url.port)
  return { kind: 'tcp', address, host: url.hostname.replace(/^\[|\]$/g, ''), port, tls }
}

function decodeUser(address: string, user: string): string {
  try {
    return decodeURIComponent(user)
  } catch (cause) {
    throw new EngineError('ENGINE_UNREACHABLE', `the user name in '${address}' has an invalid escape sequence`, {
      hint: 'write % in a user name as %25',
      cause,
    })
  }
}

function sshEndpoint(address: string, url: URL): Endpoint {
  const user = decodeUser(address, url.username)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // ssh would parse such a value as an option, and could run its content.
  if (user.startsWith('-') || host.startsWith('-')) {
    throw new EngineError('ENGINE_UNREACHABLE', `the user or host in '${address}' starts with a dash`)
  }
  // The other host's shell reads the path.
  if (!/^[\w./@+-]*$/.test(url.pathname)) {
    throw new EngineError('ENGINE_UNREACHABLE', `the socket in '${address}' has a character that ssh does not support`)
  }
  return {
    kind: 'ssh',
    address,
    destination: user === '' ? host : `${user}@${host}`,
    port: url.port === '' ? undefined : Number(url.port),
    socket: url.pathname === '' || url.pathname === '/' ? undefined : url.pathname,
  }
}
