import type { Duplex } from 'node:stream'
import { ControlClient } from './control.js'
import { GrpcConnection } from './grpc-connection.js'
import type { SessionOptions } from './options.js'
import { type BuildKitSession, type DialSession, openSession } from './session.js'

/** How a BuildKit is reached. */
export interface BuildKitTransport {
  /** Opens a connection on which BuildKit's API is spoken: HTTP/2 without TLS of its own. */
  connect(signal: AbortSignal | undefined): Promise<Duplex>
  /** Opens a session on a connection of its own; without it, sessions are calls on the connection of the API. */
  dialSession?(headers: Parameters<DialSession>[0], signal: AbortSignal | undefined): Promise<Duplex>
}

/** A BuildKit. Connects with the first call, and again where the connection has been closed. */
export class BuildKitClient implements AsyncDisposable {
  readonly #transport: BuildKitTransport
  #connecting: Promise<GrpcConnection> | undefined

  constructor(transport: BuildKitTransport) {
    this.#transport = transport
  }

  /** The API on a connection that is open. Rejects as the transport does. */
  async control(signal?: AbortSignal): Promise<ControlClient> {
    const connecting = this.#connecting
    const open = await connecting?.catch(() => undefined)
    if (open !== undefined && !open.isClosed) return new ControlClient(open)
    // Whoever came first connects again, for all that wait.
    if (this.#connecting === connecting) this.#connecting = this.#connect(signal)
    return new ControlClient(await (this.#connecting ?? this.#connect(signal)))
  }

  /** Opens a session that builds may call back on until it is disposed of. */
  openSession(options: SessionOptions, signal?: AbortSignal): Promise<BuildKitSession> {
    const dial: DialSession = async (headers) =>
      this.#transport.dialSession?.(headers, signal) ?? (await this.control(signal)).session(headers)
    return openSession(dial, options)
  }

  async #connect(signal: AbortSignal | undefined): Promise<GrpcConnection> {
    return new GrpcConnection(await this.#transport.connect(signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const connection = await this.#connecting?.catch(() => undefined)
    await connection?.[Symbol.asyncDispose]()
  }
}
