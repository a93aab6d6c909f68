import { type Platform, parsePlatform } from '../model/platform.js'
import type { Reference } from '../model/reference.js'
import type { CredentialStore } from '../registry/port.js'
import { addressVariable, withAddressSource } from './address-source.js'
import { resolveEndpoint } from './docker/connection/endpoint.js'
import type { ResolvedBuilder } from './options.js'
import type {
  Builder,
  BuilderCall,
  BuilderInfo,
  BuilderState,
  BuildRequest,
  BuiltImage,
  DescribeCall,
  ImageStore,
  PastBuilds,
  RunRequest,
  RunResult,
} from './port.js'

const ANONYMOUS: CredentialStore = { find: async () => undefined }

/** Returns the builder that the options or the environment name. Contacts nothing before the first call. */
export function connectBuilder(options: ResolvedBuilder): Builder {
  return isRemote(options) ? new LazyBuilder(options, loadRemote) : new LazyEngine(options, loadEngine)
}

/** A builder whose calls fail. */
export function unusableBuilder(options: ResolvedBuilder, error: Error): Builder {
  return new LazyBuilder(options, () => Promise.reject(error))
}

/** Reads the address of one builder, and contacts none. @throws EngineError ENGINE_UNREACHABLE */
export async function resolveAddress(options: ResolvedBuilder): Promise<void> {
  const { host, certificates, env } = options
  await (isRemote(options)
    ? (await importRemote()).resolveRemote(options)
    : resolveEndpoint({ host, certificates, env }))
}

/** Loads the adapter of a builder and its libraries, which takes a while, and contacts nothing. */
export async function preload(options: ResolvedBuilder): Promise<void> {
  await (isRemote(options) ? importRemote() : importEngine())
}

/** Loads the adapter and its libraries on the first call, so that a run without builds does not load them. */
class LazyBuilder<B extends Builder> implements Builder {
  readonly name: string
  readonly #load: () => Promise<B>
  readonly #options: ResolvedBuilder
  readonly #declared: readonly Platform[] | undefined
  #opening: Promise<B> | undefined

  constructor(options: ResolvedBuilder, load: (options: ResolvedBuilder) => Promise<B>) {
    this.#load = () => load(options)
    this.#options = options
    this.name = builderName(options)
    this.#declared = options.platforms?.flatMap((text) => parsePlatform(text) ?? [])
  }

  async describe(call?: DescribeCall): Promise<BuilderInfo> {
    try {
      const info = await (await this.open()).describe(call)
      return this.#declared === undefined ? info : { ...info, declared: this.#declared }
    } catch (error) {
      throw await withAddressSource(error, this.#options)
    }
  }

  async build(request: BuildRequest, call?: BuilderCall): Promise<BuiltImage> {
    return (await this.open()).build(request, call)
  }

  async run(request: RunRequest, call?: BuilderCall): Promise<RunResult> {
    return (await this.open()).run(request, call)
  }

  async pastBuilds(call?: BuilderCall): Promise<PastBuilds> {
    return (await (await this.open()).pastBuilds?.(call)) ?? new Map()
  }

  async inspect(call?: BuilderCall): Promise<BuilderState> {
    return (await this.open()).inspect(call)
  }

  async requireRegistry(reference: Reference, call?: BuilderCall): Promise<void> {
    return (await this.open()).requireRegistry(reference, call)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const builder = await this.#opening?.catch(() => undefined)
    await builder?.[Symbol.asyncDispose]()
  }

  protected open(): Promise<B> {
    this.#opening ??= this.#load()
    return this.#opening
  }
}

type WithImages = Builder & { readonly images: ImageStore }

/** A Docker Engine, which stores images. */
class LazyEngine extends LazyBuilder<WithImages> {
  readonly images: ImageStore = {
    pull: async (...rest) => (await this.open()).images.pull(...rest),
    tag: async (...rest) => (await this.open()).images.tag(...rest),
    untag: async (...rest) => (await this.open()).images.untag(...rest),
  }
}

/** Returns the name of a builder: its address, its program, or what the environment selects. */
export function builderName(options: ResolvedBuilder): string {
  const { host, command, env } = options
  if (command !== undefined) return command.join(' ')
  return host || env[addressVariable(options) ?? ''] || 'default'
}

const importEngine = () => import('./docker/docker-engine.js')
const importRemote = () => import('./remote/remote-buildkit.js')

async function loadEngine(options: ResolvedBuilder): Promise<WithImages> {
  const { host, certificates, credentials = ANONYMOUS, env } = options
  const [endpoint, { DockerEngine }] = await Promise.all([resolveEndpoint({ host, certificates, env }), importEngine()])
  return new DockerEngine(endpoint, env, credentials)
}

async function loadRemote(options: ResolvedBuilder): Promise<Builder> {
  const { RemoteBuildKit, resolveRemote } = await importRemote()
  return new RemoteBuildKit(await resolveRemote(options), options.credentials ?? ANONYMOUS)
}

/** Addresses of a BuildKit of its own, in place of that of a Docker Engine. */
const REMOTE = /^(?:buildkit\+\w+|docker-container|podman-container|kube-pod|kubernetes):/

/** Whether options name a BuildKit of its own; BUILDKIT_HOST names no other. */
export function isRemote({ host, command, env }: Pick<ResolvedBuilder, 'host' | 'command' | 'env'>): boolean {
  return command !== undefined || (host ? REMOTE.test(host) : Boolean(env['BUILDKIT_HOST']))
}
