import type { ServerAuth } from './auth/auth.js'
import type { FaultRule } from './http/errors.js'

/** A finished or aborted request. */
export interface ServerRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** HTTP status of the response; 0 if the client disconnected before it. */
  readonly status: number
}

/** Time limits for clients, in milliseconds. */
export interface ServerTimeouts {
  /** For the head of a request; default 20 seconds. */
  readonly headers?: number
  /** Without a byte in either direction; default 2 minutes. Received bytes of an upload are kept. */
  readonly idle?: number
}

/** Options of the embedded registry. */
export interface RegistryServerOptions {
  /** Directory for all content; created if it does not exist. */
  readonly directory: string
  /** Address to listen on; `127.0.0.1` by default, which only this machine can reach. */
  readonly host?: string
  /** Port to listen on; by default 0, a free one. */
  readonly port?: number
  /**
   * Names of this registry other than those of loopback: `host.docker.internal`. If no login is required, requests with
   * other names are rejected, because a web page could send them. If `host` is not a loopback address, addresses need
   * no entry.
   */
  readonly hostNames?: readonly string[]
  /** Users and permissions; by default everyone may do everything. */
  readonly auth?: ServerAuth
  /** PEM texts; plain HTTP if absent. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly timeouts?: ServerTimeouts
  /**
   * Accept manifests and indexes whose content is not in the repository, as in a mirror of some platforms; default
   * false.
   */
  readonly sparse?: boolean
  /** Faults to inject, for tests of clients. */
  readonly faults?: readonly FaultRule[]
  readonly onRequest?: (request: ServerRequest) => void
}

/** A running registry in this process. */
export interface RegistryServer extends AsyncDisposable {
  /** `127.0.0.1:40123`: the host of references. */
  readonly host: string
  /** `http://127.0.0.1:40123`, or https. */
  readonly url: string
  /** Absolute. */
  readonly directory: string
  /** Stops listening, ends all connections, and frees the directory. */
  close(): Promise<void>
}
