import type { ServerAuth } from './auth/auth.js'
import type { FaultRule } from './http/errors.js'

/** A request that was answered, or given up by its client. */
export interface ServerRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** HTTP status of the answer; 0 where the client was gone before there was one. */
  readonly status: number
}

/** How slow a client may be, in milliseconds. */
export interface ServerTimeouts {
  /** For the head of a request; default 20 seconds. */
  readonly headers?: number
  /** Without a byte in either direction; default 2 minutes. What an upload has sent until then is kept. */
  readonly idle?: number
}

/** How the embedded registry is to be run. */
export interface RegistryServerOptions {
  /** Where everything is kept; made where it does not exist. */
  readonly directory: string
  /** Address to listen on; `127.0.0.1` unless told otherwise, so that only this machine gets at it. */
  readonly host?: string
  /** 0, a free one, unless told otherwise. */
  readonly port?: number
  /**
   * Names by which clients reach this registry, beside those of loopback: `host.docker.internal`. Requests under other names
   * are refused where nobody has to log in, because a web page could send them. An address, where `host` is not a loopback
   * one, needs no entry.
   */
  readonly hostNames?: readonly string[]
  /** Who may do what; everybody everything unless told otherwise. */
  readonly auth?: ServerAuth
  /** PEM texts; plain HTTP where absent. */
  readonly tls?: { readonly key: string; readonly cert: string }
  readonly timeouts?: ServerTimeouts
  /**
   * Whether manifests and indexes may refer to what the repository does not hold, as a mirror of some platforms does;
   * default false.
   */
  readonly sparse?: boolean
  /** What is to go wrong, for tests of clients. */
  readonly faults?: readonly FaultRule[]
  readonly onRequest?: (request: ServerRequest) => void
}

/** A registry that is up, in this process. */
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
