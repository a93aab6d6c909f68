import type { RegistryEvent } from '../model/run/events.js'
import type { CredentialStore } from './port.js'

/** A client certificate with its key, both in PEM. */
export interface ClientCertificate {
  readonly certificate: string
  readonly key: string
  readonly passphrase?: string
}

/** Settings of one registry host. */
export interface RegistryHostOptions {
  /**
   * Mirrors to read from before the host itself: `mirror.example.com` or, with a path that precedes the repository's,
   * `mirror.example.com/hub`. Digests do not change; a mirror is never written to.
   */
  readonly mirrors?: readonly string[]
  /** Plain HTTP (true) or TLS (false). Without it: plain HTTP for loopback and insecure hosts, TLS for all others. */
  readonly plainHttp?: boolean
  /** PEM of certificate authorities to trust beside the usual ones. Implies TLS. */
  readonly ca?: string
  /** Implies TLS. */
  readonly clientCertificate?: ClientCertificate
  /** Highest size of one upload request, in bytes, for hosts behind a proxy that limits it. Unlimited by default. */
  readonly chunkSize?: number
}

/** Limits on retries of a request after transient errors. */
export interface RetryBounds {
  /**
   * Number of requests, including the first; 1 disables retries. The count of a transfer restarts whenever it
   * progresses. A second time-out is never retried.
   */
  readonly attempts?: number
  /** Time after the first error, in milliseconds, after which no request is repeated. */
  readonly time?: number
  /** Before the second attempt, in milliseconds; doubled for each further one, with jitter. */
  readonly delay?: number
}

/** How long to wait for a registry, in milliseconds. */
export interface RegistryTimeouts {
  readonly connect?: number
  /**
   * From the end of a request to the head of its response; one second more per 8 MiB for requests that complete a blob.
   */
  readonly answer?: number
  /**
   * Between two parts of a response, or until the server accepts more of a request. A response below 1 KiB/s in this
   * time ends too.
   */
  readonly idle?: number
}

/** Options of a registry client. */
export interface RegistryOptions {
  /** Anonymous if not set. */
  readonly credentials?: CredentialStore
  /** Hosts, as written in references, that use plain HTTP. Loopback hosts need not be listed. */
  readonly insecureHosts?: readonly string[]
  /** By host as written in references, with the port: `docker.io`, `registry.example.com:5000`. */
  readonly hosts?: Readonly<Record<string, RegistryHostOptions>>
  readonly retry?: RetryBounds
  readonly timeouts?: RegistryTimeouts
  /**
   * Highest number of concurrent requests per host, and separately of concurrent blob transfers per host; 32 by
   * default. It is halved for a host that responds 429.
   */
  readonly concurrency?: number
  /** Use HTTP_PROXY, HTTPS_PROXY and NO_PROXY; loopback hosts are never reached through a proxy. Default true. */
  readonly useProxies?: boolean
  /** Called for every event, beside the listener of each call. */
  readonly onEvent?: (event: RegistryEvent) => void
}

/** The default limits on retries. */
export const DEFAULT_RETRY: Required<RetryBounds> = { attempts: 6, time: 120_000, delay: 250 }

/** The default time limits. */
export const DEFAULT_TIMEOUTS: Required<RegistryTimeouts> = { connect: 10_000, answer: 30_000, idle: 60_000 }

/** The default concurrency. */
export const DEFAULT_CONCURRENCY = 32
