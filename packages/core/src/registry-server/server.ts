import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { isDiskFull, registryDiskFull } from '../model/disk-full.js'
import { HostError } from '../model/errors.js'
import { LIMITS } from '../model/limits.js'
import type { RegistryServer, RegistryServerOptions, ServerTimeouts } from './options.js'
import { checkOptions } from './options-check.js'
import { RequestHandler } from './request-handler.js'
import { type DirectoryLock, lockDirectory } from './store/lock.js'
import { Store } from './store/store.js'

/** Default time limits for clients, in milliseconds. */
const DEFAULT_TIMEOUTS: Required<ServerTimeouts> = { headers: 20_000, idle: 120_000 }

/** How often connections are checked for incomplete request headers, in milliseconds. */
const CHECKING_INTERVAL = 5_000

/**
 * Starts an OCI registry in this process, which stores its content in a directory.
 *
 * @throws DefinitionError USAGE for an empty user name or password; HostError DIRECTORY_IN_USE, REGISTRY_NOT_STARTED,
 * DISK_FULL
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md
 * @example
 * ```ts
 * await using registry = await startRegistry({ directory: './registry' })
 * console.log(registry.host)
 * ```
 */
export async function startRegistry(options: RegistryServerOptions): Promise<RegistryServer> {
  checkOptions(options)
  const directory = resolve(options.directory)
  try {
    await mkdir(directory, { recursive: true })
    const lock = await lockDirectory(directory)
    return await serve(options, directory, lock).catch(async (error) => {
      await lock[Symbol.asyncDispose]()
      throw error
    })
  } catch (cause) {
    if (cause instanceof HostError) throw cause
    if (isDiskFull(cause)) throw registryDiskFull(directory, cause)
    throw new HostError('REGISTRY_NOT_STARTED', `directory ${directory} cannot be used`, {
      hint: 'use a directory that this user can create and write to',
      cause,
    })
  }
}

async function serve(options: RegistryServerOptions, directory: string, lock: DirectoryLock): Promise<RegistryServer> {
  const scheme = options.tls === undefined ? 'http' : 'https'
  const handler = new RequestHandler(await Store.open(directory, options), scheme, options)
  const server = makeServer(options, (request, response) => handler.handle(request, response))
  const host = await listen(server, options)
  await lock.publish(host).catch(async (error) => {
    await closeServer(server, handler)
    throw error
  })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= closeServer(server, handler).finally(() => lock[Symbol.asyncDispose]())
    return closing
  }
  return { host, url: `${scheme}://${host}`, directory, close, [Symbol.asyncDispose]: close }
}

function makeServer(
  { tls, timeouts }: RegistryServerOptions,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const { headers, idle } = { ...DEFAULT_TIMEOUTS, ...timeouts }
  const limits = {
    maxHeaderSize: LIMITS.requestHead,
    headersTimeout: headers,
    // The time of a blob transfer is not limited.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(CHECKING_INTERVAL, headers),
  }
  const server = tls ? createHttpsServer({ ...limits, ...tls }, listener) : createHttpServer(limits, listener)
  server.setTimeout(idle)
  // Longer than clients keep idle connections, so that none is closed when a request arrives.
  server.keepAliveTimeout = idle
  return server
}

async function listen(server: Server, { host = '127.0.0.1', port = 0 }: RegistryServerOptions): Promise<string> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    throw new HostError('REGISTRY_NOT_STARTED', `the embedded registry cannot listen on ${host}, port ${port}`, {
      hint: 'use another port; 0 selects a free one',
      cause,
    })
  }
  return `${reachableHost(host)}:${(server.address() as AddressInfo).port}`
}

/** Returns the host for references: loopback for a server on all addresses; IPv6 addresses are in brackets. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIPv6(host) ? `[${host}]` : host
}

async function closeServer(server: Server, handler: RequestHandler): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
  await handler.settled()
  await handler.store.uploads.close()
}
