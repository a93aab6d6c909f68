import { RegistryError } from '../model/errors.js'
import type { Repository } from '../model/reference.js'
import { repositoryScope } from './auth/scope.js'
import { sessionIn } from './blobs/upload.js'
import { Connections } from './connections/connections.js'
import { unwrapError } from './http/errors/transient-error.js'
import { Hosts } from './http/hosts.js'
import { discard, headerOf } from './http/http-message.js'
import { Transport } from './http/transport.js'
import { DEFAULT_TIMEOUTS, type RegistryOptions } from './options.js'
import type { RegistryCall } from './port.js'

/** The response of a host to a request of `/v2/` without a login. */
export interface PingResponse {
  readonly status: number
  /** The clock of the host, if the response states it. */
  readonly date?: Date
}

/** Requests for diagnosis, with the same host settings as all others. */
export class RegistryProbe implements AsyncDisposable {
  readonly #hosts: Hosts
  readonly #transport: Transport
  readonly #connections: Connections

  constructor(options: RegistryOptions) {
    this.#hosts = new Hosts(options)
    const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
    this.#transport = new Transport({ hosts: this.#hosts, timeouts, useProxies: options.useProxies ?? true })
    this.#connections = new Connections(options)
  }

  /** The mirrors of a host, in order. */
  mirrorsOf(host: string): readonly string[] {
    return this.#hosts.mirrors(host).map((mirror) => mirror.host)
  }

  /** Checks whether a host is a registry. @throws RegistryError REGISTRY_UNREACHABLE */
  async ping(host: string, call?: RegistryCall): Promise<PingResponse> {
    const url = new URL('/v2/', this.#hosts.endpoint(host).origin)
    const answer = await this.#transport.send({ method: 'GET', url, headers: {} }, call?.signal).catch((error) => {
      throw unwrapError(error)
    })
    await discard(answer)
    const date = new Date(headerOf(answer, 'date') ?? Number.NaN)
    return { status: answer.status, ...(!Number.isNaN(date.getTime()) && { date }) }
  }

  /**
   * Opens an upload and cancels it.
   * It is the first request of every push, and the only one that shows whether the login may push. It writes no
   * content, image or name.
   *
   * @returns whether the registry accepted the cancellation; other registries delete the upload later.
   * @throws RegistryError as a push would.
   */
  async tryPush(repository: Repository, call?: RegistryCall): Promise<{ readonly cancelled: boolean }> {
    const place = this.#connections.origin(repository)
    const scopes = [repositoryScope(place.path, 'pull', 'push')]
    const opened = await this.#connections.requestHeaders(
      place,
      {
        method: 'POST',
        target: `${place.path}/blobs/uploads/`,
        scopes,
        headers: { 'content-length': '0' },
        expect: [202],
      },
      call,
    )
    const { location } = sessionIn(opened, 0)
    try {
      await this.#connections.requestHeaders(
        place,
        { method: 'DELETE', target: location, scopes, expect: [200, 202, 204] },
        call,
      )
      return { cancelled: true }
    } catch (error) {
      // Some registries require a separate permission for it; some do not support it.
      if (error instanceof RegistryError) return { cancelled: false }
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]()
    await this.#connections[Symbol.asyncDispose]()
  }
}
