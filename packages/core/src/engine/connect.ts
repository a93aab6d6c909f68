import type { Digest } from '../model/digest.js'
import type { Platform } from '../model/platform.js'
import type { Reference } from '../model/reference.js'
import type { CredentialStore } from '../registry/port.js'
import { type Environment, resolveEndpoint } from './endpoint.js'
import type { BuildRequest, Engine, EngineCall, EngineInfo } from './port.js'

/** Which engine to use, and with what logins. */
export interface EngineOptions {
  /**
   * `unix://`, `npipe://`, `tcp://` or `ssh://`, or the name of a docker context; without it DOCKER_HOST, the docker
   * context in use, the default socket.
   */
  readonly host?: string | undefined
  /**
   * Folder of the `ca.pem`, `cert.pem` and `key.pem` that a `tcp://` engine is spoken to with, so that each can have its
   * own; without it as DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say, or the context.
   */
  readonly certificates?: string | undefined
  /** Logins for the registries that the engine pulls from and pushes to; without it all are anonymous. */
  readonly credentials?: CredentialStore
  /** Where DOCKER_HOST and its like are looked up, and what ssh runs with; the process's own environment unless told otherwise. */
  readonly env?: Environment
}

const ANONYMOUS: CredentialStore = { find: async () => undefined }

/**
 * The engine that the options or the environment name. Nothing is contacted before the first call.
 *
 * @example
 * ```ts
 * await using engine = connectEngine()
 * const { version, runnable } = await engine.info()
 * ```
 */
export function connectEngine(options: EngineOptions = {}): Engine {
  return new LazyEngine(options)
}

/** Loads the adapter and its libraries at the first call, so that whoever builds nothing does not wait for them. */
class LazyEngine implements Engine {
  readonly name: string
  readonly #options: EngineOptions
  #opening: Promise<Engine> | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    const { host, env = process.env } = options
    this.name = host || env['DOCKER_HOST'] || env['DOCKER_CONTEXT'] || 'default'
  }

  async info(call?: EngineCall): Promise<EngineInfo> {
    return (await this.#open()).info(call)
  }

  async build(request: BuildRequest, call?: EngineCall): Promise<{ readonly imageId: string }> {
    return (await this.#open()).build(request, call)
  }

  async push(reference: Reference, platform: Platform, call?: EngineCall): Promise<Digest> {
    return (await this.#open()).push(reference, platform, call)
  }

  async pull(reference: Reference, platform: Platform, call?: EngineCall): Promise<void> {
    return (await this.#open()).pull(reference, platform, call)
  }

  async tag(source: Reference, target: Reference, call?: EngineCall): Promise<void> {
    return (await this.#open()).tag(source, target, call)
  }

  async untag(reference: Reference, call?: EngineCall): Promise<void> {
    return (await this.#open()).untag(reference, call)
  }

  async distribution(reference: Reference, call?: EngineCall): Promise<{ readonly digest: Digest } | undefined> {
    return (await this.#open()).distribution(reference, call)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#opening
    if (opening === undefined) return
    const engine = await opening.catch(() => undefined)
    await engine?.[Symbol.asyncDispose]()
  }

  #open(): Promise<Engine> {
    this.#opening ??= this.#load()
    return this.#opening
  }

  async #load(): Promise<Engine> {
    const { host, certificates, credentials = ANONYMOUS, env = process.env } = this.#options
    const [endpoint, { DockerEngine }] = await Promise.all([
      resolveEndpoint({ host, certificates, env }),
      import('./docker-engine.js'),
    ])
    return new DockerEngine(endpoint, env, credentials)
  }
}
