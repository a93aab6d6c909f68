import { RegistryError } from '../../model/errors.js'
import type { Repository } from '../../model/reference.js'
import { retrying } from '../http/backoff.js'
import { TransientError } from '../http/errors/transient-error.js'
import { type Endpoint, Hosts } from '../http/hosts.js'
import { discard, type HttpAnswer } from '../http/http-message.js'
import { Transport } from '../http/transport.js'
import {
  DEFAULT_CONCURRENCY,
  DEFAULT_RETRY,
  DEFAULT_TIMEOUTS,
  type RegistryOptions,
  type RetryBounds,
} from '../options.js'
import type { RegistryCall } from '../port.js'
import { type RegistryRequest, Session } from './session.js'

/** How long a mirror that did not respond is skipped, in milliseconds: each request to it may take a time-out. */
const MIRROR_REST = 60_000

/** A repository on its registry or on one of its mirrors. */
export interface RepositoryEndpoint {
  readonly session: Session
  readonly endpoint: Endpoint
  /** The path of the repository on that host. */
  readonly path: string
}

/** The connections of one client, with its retry limits. */
export class Connections implements AsyncDisposable {
  readonly retry: Required<RetryBounds>
  readonly #options: RegistryOptions
  readonly #hosts: Hosts
  readonly #transport: Transport
  readonly #sessions = new Map<string, Session>()
  /** When mirrors that did not respond may be used again, in milliseconds since the epoch. */
  readonly #resting = new Map<string, number>()

  constructor(options: RegistryOptions) {
    this.#options = options
    this.retry = { ...DEFAULT_RETRY, ...options.retry }
    this.#hosts = new Hosts(options)
    const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
    this.#transport = new Transport({ hosts: this.#hosts, timeouts, useProxies: options.useProxies ?? true })
  }

  /** The repository on its own registry: it receives all writes, and its answers are never stale. */
  origin(repository: Repository): RepositoryEndpoint {
    return this.#place(this.#hosts.endpoint(repository.registry), repository)
  }

  /**
   * Reads from each mirror in turn, then from the registry itself. A mirror that fails or does not have the content is
   * skipped; one that does not answer is skipped for a minute.
   */
  async read<T>(
    repository: Repository,
    call: RegistryCall | undefined,
    task: (place: RepositoryEndpoint) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const mirrors = call?.fresh ? [] : this.#hosts.mirrors(repository.registry)
    for (const mirror of mirrors.filter(({ host }) => (this.#resting.get(host) ?? 0) <= Date.now())) {
      try {
        const found = await task(this.#place(mirror, repository))
        if (found !== undefined) return found
      } catch (error) {
        if (call?.signal?.aborted) throw error
        const isSilent = error instanceof RegistryError && error.code === 'REGISTRY_UNREACHABLE'
        if (isSilent) this.#resting.set(mirror.host, Date.now() + MIRROR_REST)
      }
    }
    return task(this.origin(repository))
  }

  /** Sends an idempotent request within the host's limit; a mirror is requested only once. */
  request(place: RepositoryEndpoint, request: RegistryRequest, call?: RegistryCall): Promise<HttpAnswer> {
    return this.retrying(place, call, () => this.once(place, request, call))
  }

  /** Like {@link request}, and discards the body. */
  async requestHeaders(place: RepositoryEndpoint, request: RegistryRequest, call?: RegistryCall): Promise<HttpAnswer> {
    const answer = await this.request(place, request, call)
    await discard(answer)
    return answer
  }

  /** Sends a request once, within the host's limit. */
  once(place: RepositoryEndpoint, request: RegistryRequest, call?: RegistryCall): Promise<HttpAnswer> {
    return place.session.requests(() => place.session.once(request, this.listened(call)))
  }

  /** Repeats a task after transient errors. */
  retrying<T>(
    place: RepositoryEndpoint,
    call: RegistryCall | undefined,
    task: (attempt: number) => Promise<T>,
  ): Promise<T> {
    const bounds = place.endpoint.mirror ? { ...this.retry, attempts: 1 } : this.retry
    return retrying(bounds, this.listened(call), task)
  }

  /** Repeats a read until content that was just written appears; undefined if it never does. */
  async reread<T>(
    place: RepositoryEndpoint,
    call: RegistryCall | undefined,
    what: string,
    read: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const absent = new TransientError(new RegistryError('NOT_FOUND', `${what} was just written but does not exist`))
    try {
      return await this.retrying(place, call, async () => {
        const found = await read()
        if (found === undefined) throw absent
        return found
      })
    } catch (error) {
      if (error === absent.error) return undefined
      throw error
    }
  }

  /** The call, with events also passed to the client's own listener. */
  listened(call: RegistryCall | undefined): RegistryCall {
    const { onEvent } = this.#options
    if (onEvent === undefined) return call ?? {}
    return {
      ...call,
      onEvent: (event) => {
        onEvent(event)
        call?.onEvent?.(event)
      },
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#transport[Symbol.asyncDispose]()
  }

  #place(endpoint: Endpoint, { repository }: Repository): RepositoryEndpoint {
    return { session: this.#session(endpoint), endpoint, path: endpoint.prefix + repository }
  }

  #session(endpoint: Endpoint): Session {
    const kept = this.#sessions.get(endpoint.host)
    if (kept) return kept
    const session = new Session(endpoint, this.#transport, {
      credentials: this.#options.credentials,
      hosts: this.#hosts,
      concurrency: this.#options.concurrency ?? DEFAULT_CONCURRENCY,
    })
    this.#sessions.set(endpoint.host, session)
    return session
  }
}
