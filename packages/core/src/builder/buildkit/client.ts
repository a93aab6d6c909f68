import type { Duplex } from 'node:stream'
import { timeLimit } from '../../model/async/time-limit.js'
import { ControlClient } from './control.js'
import { GrpcConnection } from './grpc/connection.js'
import type { SessionOptions } from './options.js'
import type { BuildKitSession, DialSession } from './session/session.js'

/** A transport to a BuildKit. */
export interface BuildKitTransport {
  /** Opens a connection for BuildKit's API: HTTP/2 without its own TLS. */
  connect(signal: AbortSignal | undefined): Promise<Duplex>
  /** Opens a session on a separate connection; if not set, sessions are calls on the connection of the API. */
  dialSession?(headers: Parameters<DialSession>[0], signal: AbortSignal | undefined): Promise<Duplex>
  /** Used if BuildKit does not answer on this transport. */
  readonly fallback?: BuildKitTransport | undefined
}

/** Chooses the transport when the first connection is made. */
export type TransportChoice = (signal: AbortSignal | undefined) => Promise<BuildKitTransport>

/** Loads the services of sessions, and the gRPC server that serves them. */
const importSession = () => import('./session/session.js')

/** Milliseconds that BuildKit may take for its first answer on a transport with a fallback. */
const PROBE_TIMEOUT = 5000

/** A client of a BuildKit. It connects on the first call, and reconnects after the connection was closed. */
export class BuildKitClient implements AsyncDisposable {
  readonly #choose: TransportChoice
  #transport: BuildKitTransport | undefined
  #connecting: Promise<GrpcConnection> | undefined

  constructor(choose: TransportChoice) {
    this.#choose = choose
  }

  /** The API on a connection that is open. Rejects as the transport does. */
  async control(signal?: AbortSignal): Promise<ControlClient> {
    const connecting = this.#connecting
    const open = await connecting?.catch(() => undefined)
    if (open !== undefined && !open.isClosed) return new ControlClient(open)
    // The first caller reconnects for all callers.
    if (this.#connecting === connecting) this.#connecting = this.#connect(signal)
    return new ControlClient(await (this.#connecting ?? this.#connect(signal)))
  }

  /** Opens a session that builds may call back on until it is disposed of. */
  async openSession(options: SessionOptions, signal?: AbortSignal): Promise<BuildKitSession> {
    const control = await this.control(signal)
    const transport = this.#transport
    const dial: DialSession = async (headers) => transport?.dialSession?.(headers, signal) ?? control.session(headers)
    const { openSession } = await importSession()
    return openSession(dial, options)
  }

  async #connect(signal: AbortSignal | undefined): Promise<GrpcConnection> {
    // Most connections open a session. It is loaded while BuildKit answers: once the request is sent, because loading blocks.
    setImmediate(() => void importSession().catch(() => {}))
    this.#transport ??= await this.#choose(signal)
    const { fallback, ...transport } = this.#transport
    if (fallback === undefined) return new GrpcConnection(await transport.connect(signal))
    const connection = await probe(transport, signal)
    this.#transport = connection === undefined ? fallback : transport
    return connection ?? this.#connect(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = await this.#connecting?.catch(() => undefined)
    await connection?.[Symbol.asyncDispose]()
  }
}

/** A connection on which BuildKit has responded; undefined if it does not. */
async function probe(
  transport: BuildKitTransport,
  signal: AbortSignal | undefined,
): Promise<GrpcConnection | undefined> {
  const limit = timeLimit(PROBE_TIMEOUT, ...(signal ? [signal] : []))
  let connection: GrpcConnection | undefined
  try {
    connection = new GrpcConnection(await transport.connect(limit))
    await new ControlClient(connection).listWorkers({ signal: limit })
    return connection
  } catch {
    await connection?.[Symbol.asyncDispose]()
    signal?.throwIfAborted()
    return undefined
  }
}
