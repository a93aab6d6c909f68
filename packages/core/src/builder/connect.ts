import type { Reference } from '../model/reference.js'
import type { CredentialStore } from '../registry/port.js'
import { type Environment, resolveEndpoint } from './docker/endpoint.js'
import type { Builder, BuilderCall, BuilderInfo, BuildRequest, BuiltImage, ImageStore } from './port.js'

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
 * const { version, runnable } = await engine.describe()
 * ```
 */
export function connectEngine(options: EngineOptions = {}): Builder {
  return new LazyBuilder(options)
}

/** Loads the adapter and its libraries with the first call: a run that builds nothing does not wait for them. */
class LazyBuilder implements Builder {
  readonly name: string
  readonly images: ImageStore
  readonly #options: EngineOptions
  #opening: Promise<Builder & { readonly images: ImageStore }> | undefined

  constructor(options: EngineOptions) {
    this.#options = options
    const { host, env = process.env } = options
    this.name = host || env['DOCKER_HOST'] || env['DOCKER_CONTEXT'] || 'default'
    this.images = {
      pull: async (...rest) => (await this.#open()).images.pull(...rest),
      tag: async (...rest) => (await this.#open()).images.tag(...rest),
      untag: async (...rest) => (await this.#open()).images.untag(...rest),
    }
  }

  async describe(call?: BuilderCall): Promise<BuilderInfo> {
    return (await this.#open()).describe(call)
  }

  async build(request: BuildRequest, call?: BuilderCall): Promise<BuiltImage> {
    return (await this.#open()).build(request, call)
  }

  async requireRegistry(reference: Reference, call?: BuilderCall): Promise<void> {
    return (await this.#open()).requireRegistry(reference, call)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const builder = await this.#opening?.catch(() => undefined)
    await builder?.[Symbol.asyncDispose]()
  }

  #open(): Promise<Builder & { readonly images: ImageStore }> {
    this.#opening ??= this.#load()
    return this.#opening
  }

  async #load(): Promise<Builder & { readonly images: ImageStore }> {
    const { host, certificates, credentials = ANONYMOUS, env = process.env } = this.#options
    const [endpoint, { DockerEngine }] = await Promise.all([
      resolveEndpoint({ host, certificates, env }),
      import('./docker/docker-engine.js'),
    ])
    return new DockerEngine(endpoint, env, credentials)
  }
}
