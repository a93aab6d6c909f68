import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { openSocket, type SocketTarget } from '../../transport/open-socket.js'
import { BuildKitClient, type BuildKitTransport } from '../client.js'

/** A connection to a Docker Engine, as `new Docker()` of dockerode makes one. */
export interface DockerConnection {
  readonly modem: DockerModem
}

/** Fields of dockerode's own connection that are used. Fields that are missing or of another type are ignored. */
export interface DockerModem {
  dial(options: object, callback: (error: unknown, answer: unknown) => void): void
  readonly socketPath?: unknown
  readonly host?: unknown
  readonly port?: unknown
  readonly protocol?: unknown
  readonly ca?: unknown
  readonly cert?: unknown
  readonly key?: unknown
}

/** The first minor version of API 1 that serves gRPC on the engine's own socket. */
const GRPC_API_MINOR = 53

/**
 * A client for a BuildKit: that of a Docker Engine, 20.10 or newer, over a connection of dockerode, or one that a
 * transport connects to. Nothing is contacted before the first call.
 *
 * @example
 * ```ts
 * await using buildKit = connectBuildKit(new Docker())
 * const workers = await (await buildKit.control()).listWorkers()
 * ```
 */
export function connectBuildKit(to: DockerConnection | BuildKitTransport): BuildKitClient {
  return new BuildKitClient('modem' in to ? () => dockerTransport(to.modem) : async () => to)
}

async function dockerTransport(modem: DockerModem): Promise<BuildKitTransport> {
  const upgrading: BuildKitTransport = {
    connect: (signal) => upgrade(modem, '/grpc', {}, signal),
    dialSession: (headers, signal) => upgrade(modem, '/session', headers, signal),
  }
  const target = await socketOf(modem)
  if (target === undefined || !(await servesGrpc(modem))) return upgrading
  return { connect: (signal) => openSocket(target, signal), fallback: upgrading }
}

/** Returns the socket target of a dockerode connection; undefined if dockerode does not open the socket itself. */
async function socketOf({
  socketPath,
  host,
  port,
  protocol,
  ca,
  cert,
  key,
}: DockerModem): Promise<SocketTarget | undefined> {
  const path = typeof socketPath === 'function' ? await socketPath() : socketPath
  if (typeof path === 'string') return { path }
  if (typeof host !== 'string' || (protocol !== 'http' && protocol !== 'https')) return undefined
  const material = Object.entries({ ca, cert, key }).filter(
    ([, value]) => typeof value === 'string' || value instanceof Uint8Array,
  )
  const tls = protocol === 'https' ? { ...Object.fromEntries(material), verify: true } : undefined
  return { host, port: Number(port), tls }
}

/** Whether the version of an engine's API has gRPC on its own socket. */
async function servesGrpc(modem: DockerModem): Promise<boolean> {
  const answer = await dial(modem, { method: 'GET', path: '/_ping', statusCodes: { 200: true }, isStream: true })
  if (!isResponse(answer)) return false
  answer.resume()
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(String(answer.headers['api-version'])) ?? []
  return Number(major) > 1 || Number(minor) >= GRPC_API_MINOR
}

/** Upgrades a request to HTTP/2. @throws Error if the engine answers with anything else */
async function upgrade(
  modem: DockerModem,
  path: string,
  headers: object,
  signal: AbortSignal | undefined,
): Promise<Duplex> {
  const answer = await dial(modem, {
    method: 'POST',
    path,
    hijack: true,
    // An empty body: docker-modem would send a chunked one, and the engine would take its end for HTTP/2.
    file: Buffer.alloc(0),
    headers: { ...headers, Upgrade: 'h2c' },
    statusCodes: { 101: true, 200: true },
    isStream: true,
    ...(signal && { abortSignal: signal }),
  })
  if (!isResponse(answer)) return answer
  throw new Error(`the engine did not upgrade ${path} (HTTP ${answer.statusCode}): ${await text(answer)}`)
}

function dial(modem: DockerModem, request: object): Promise<IncomingMessage | Duplex> {
  return new Promise((resolve, reject) => {
    modem.dial(request, (error, answer) => {
      if (error) reject(error)
      else resolve(answer as IncomingMessage | Duplex)
    })
  })
}

function isResponse(answer: IncomingMessage | Duplex): answer is IncomingMessage {
  return 'statusCode' in answer
}
