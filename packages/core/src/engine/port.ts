import type { Readable } from 'node:stream'
import type { BuildSecrets, SshAgents } from '../buildkit-session/options.js'
import type { Ulimit } from '../definition/build-settings.js'
import type { Digest } from '../model/digest.js'
import type { EngineEvent } from '../model/events.js'
import type { Platform } from '../model/platform.js'
import type { Reference } from '../model/reference.js'
import type { DockerProxies } from '../registry/docker-proxies.js'

/** What every call to an engine takes beside its arguments. */
export interface EngineCall {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: EngineEvent) => void) | undefined
}

/** What an engine says of itself. */
export interface EngineInfo {
  /** Where it was reached, for people: `unix:///var/run/docker.sock`. */
  readonly address: string
  readonly version: string
  readonly apiVersion: string
  /** The engine's own platform. */
  readonly native: Platform
  /** Everything that it can run, native and emulated; undefined where the engine does not tell. */
  readonly runnable: readonly Platform[] | undefined
  readonly imageStore: 'graphdriver' | 'containerd'
  /** The folder that it keeps everything in, on its own machine; undefined where it does not tell. */
  readonly dataRoot?: string
}

/** One build: one platform, one result. All decisions have been made; nothing is read from the environment. */
export interface BuildRequest {
  readonly platform: Platform
  /** Opens the tar of the context, Dockerfile included. Called once per attempt. */
  readonly openContext: () => Readable
  /** Path of the Dockerfile inside the tar. */
  readonly dockerfile: string
  /** What people know the Dockerfile by; its path unless told otherwise. */
  readonly dockerfileName?: string
  /** What is in it, so that a failure can name the line. */
  readonly dockerfileText?: string
  /** The name that the result gets on the engine, with a tag. */
  readonly name: Reference
  readonly target?: string
  readonly args?: Readonly<Record<string, string>>
  /** Docker's proxies by engine address; `withProxyArgs` adds those of the engine to `args` where they are sent. */
  readonly proxies?: DockerProxies
  readonly labels?: Readonly<Record<string, string>>
  readonly network?: string
  /** `host:ip` pairs. */
  readonly addHosts?: readonly string[]
  readonly noCache?: boolean
  /** Has the engine ask the registry for images that it has. */
  readonly pull?: boolean
  readonly cacheFrom?: readonly string[]
  /** Puts the cache of the build into the image. */
  readonly inlineCache?: boolean
  /** In bytes. */
  readonly shmSize?: number
  readonly ulimits?: readonly Ulimit[]
  readonly secrets?: BuildSecrets
  readonly ssh?: SshAgents
}

/**
 * What polyarch asks of a container engine. BuildKit only.
 *
 * Methods throw EngineError, and CancelledError once the signal has fired; credentials are looked up per host.
 */
export interface Engine extends AsyncDisposable {
  /** As whoever chose it named it: an address or a docker context. */
  readonly name: string
  /** Asks the engine what it is. @throws ENGINE_UNREACHABLE; ENGINE_UNSUPPORTED where it has no BuildKit. */
  info(call?: EngineCall): Promise<EngineInfo>
  /** Builds and names the result. @throws BUILD_FAILED with the failing Dockerfile line and the end of its log. */
  build(request: BuildRequest, call?: EngineCall): Promise<{ readonly imageId: string }>
  /** Pushes one tag of one platform. @returns the digest of what the registry now holds under that tag. */
  push(reference: Reference, platform: Platform, call?: EngineCall): Promise<Digest>
  /** Pulls one platform of an index; a single image is taken as it is. */
  pull(reference: Reference, platform: Platform, call?: EngineCall): Promise<void>
  /** Gives a local image another name. */
  tag(source: Reference, target: Reference, call?: EngineCall): Promise<void>
  /** Takes a local name away; what is not there is no error. */
  untag(reference: Reference, call?: EngineCall): Promise<void>
  /** Has the engine itself ask a registry for a manifest. @throws ENGINE_CANNOT_REACH_REGISTRY */
  distribution(reference: Reference, call?: EngineCall): Promise<{ readonly digest: Digest } | undefined>
}
