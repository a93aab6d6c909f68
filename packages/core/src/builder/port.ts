import type { AttestationDefinition } from '../definition/declare/attestation-options.js'
import type { Ulimit } from '../definition/declare/build-settings.js'
import type { CacheDefinition } from '../definition/declare/cache-options.js'
import type { Entitlement } from '../definition/declare/entitlements.js'
import type { Digest } from '../model/digest.js'
import type { Platform } from '../model/platform.js'
import type { Reference } from '../model/reference.js'
import type { EngineEvent } from '../model/run/events.js'
import type { DockerProxies } from '../registry/auth/docker-proxies.js'
import type { BuildSource } from './buildkit/build-sources.js'
import type { GcRule } from './buildkit/control-schema.js'
import type { BuildSecrets, SshAgents } from './buildkit/options.js'
import type { SyncDirectory } from './buildkit/session/files/file-sync.js'

/** Options of every call to a builder. */
export interface BuilderCall {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: EngineEvent) => void) | undefined
}

/** Options of a request for a builder's description. */
export interface DescribeCall extends BuilderCall {
  /** Entitlements to test: each costs the builder a failing build, so that only those are tested which a build needs. */
  readonly entitlements?: readonly Entitlement[] | undefined
}

/** Features that not all builders have. */
export interface BuilderFeatures {
  /** Replaces the sources that a build resolves: pins images without a change of the Dockerfile. */
  readonly sourcePolicy: boolean
  /** Accepts named contexts: images, directories, git repositories. */
  readonly namedContexts: boolean
  /** Accepts image layouts of this machine as contexts. */
  readonly layouts: boolean
  /** Pushes its attestations of a build beside the image. */
  readonly attestations: boolean
  /** Applies `shmSize` and `ulimits`. */
  readonly limits: boolean
  /** Pushes an image itself, in the requested media types. */
  readonly pushes: boolean
  /** Accepts files whose names are not UTF-8. */
  readonly rawNames: boolean
  /** The types of caches that it imports; it ignores others without an error. */
  readonly cacheImports: ReadonlySet<string>
  /** The types of caches that it exports. */
  readonly cacheExports: ReadonlySet<string>
  /** The requested entitlements that its configuration allows. */
  readonly entitlements: ReadonlySet<Entitlement>
}

/** Description of a builder. */
export interface BuilderInfo {
  /** Its address, for people: `unix:///var/run/docker.sock`. */
  readonly address: string
  readonly version: string
  /** The API version of a Docker Engine. */
  readonly apiVersion?: string
  /** The builder's own platform. */
  readonly native: Platform
  /** Every platform that it can run, native and emulated; undefined if it does not report them. */
  readonly runnable: readonly Platform[] | undefined
  /** The platforms in the options of the builder, which count as native. */
  readonly declared?: readonly Platform[]
  readonly features: BuilderFeatures
  /** The image store of a Docker Engine. */
  readonly imageStore?: 'graphdriver' | 'containerd'
  /** The data root of a Docker Engine, on its machine; undefined if it does not report it. */
  readonly dataRoot?: string
  /** The product that a Docker Engine is part of, such as `Docker Desktop`; or `rootless`. */
  readonly product?: string
}

/**
 * Directories and secrets of this machine that builds read. Builds with the same value share one session, which reads
 * each directory once.
 */
export interface BuildInputs {
  /** By the name that BuildKit requests: `context`, `dockerfile`, and those of named contexts. */
  readonly directories: Readonly<Record<string, SyncDirectory>>
  /** Equal for inputs that are mostly the same files, over all runs: the builder then requests only what differs. */
  readonly sharedKey: string
  readonly secrets?: BuildSecrets
  readonly ssh?: SshAgents
}

/** An image that a Dockerfile names, with the reference to be used in its place. */
export interface ImagePin {
  /** The whole name, with its tag: `docker.io/library/alpine:3.22`. */
  readonly name: string
  /** The whole name, with a digest. */
  readonly pinned: string
}

/** The Dockerfile of a build. Its files are in the directory `dockerfile` of the build's inputs. */
export interface BuildDockerfile {
  /** Name of the build in messages. */
  readonly name: string
  readonly text: string
  /** The file with that text. */
  readonly file: string
  /** The file with pinned images in their places, for builders without a source policy. */
  readonly pinnedFile: string
}

/** One build: one platform, one result. The request is complete: nothing is read from the environment. */
export interface BuildRequest {
  readonly platform: Platform
  readonly inputs: BuildInputs
  readonly dockerfile: BuildDockerfile
  readonly pins: readonly ImagePin[]
  /** Name to push the result to; its tag may also be the name under which the engine stores the result meanwhile. */
  readonly destination: Reference
  readonly mediaTypes: 'oci' | 'docker'
  readonly target?: string
  readonly args?: Readonly<Record<string, string>>
  /** Docker's proxies by engine address; `withProxyArgs` adds those of the engine to `args` if they are sent. */
  readonly proxies?: DockerProxies
  readonly labels?: Readonly<Record<string, string>>
  readonly network?: string
  /** `host:ip` pairs. */
  readonly addHosts?: readonly string[]
  /** All steps, or those of these stages. */
  readonly noCache?: boolean | readonly string[]
  /** Resolve images in their registries even if the builder has them. */
  readonly pull?: boolean
  readonly cacheFrom?: readonly CacheDefinition[]
  readonly cacheTo?: readonly CacheDefinition[]
  readonly entitlements?: readonly Entitlement[]
  readonly attest?: AttestationDefinition
  /** By name: `docker-image://…`; `local:NAME` for a directory of the inputs; `oci-layout://ID@DIGEST` for one of the layouts. */
  readonly contexts?: Readonly<Record<string, string>>
  /** Image layouts of this machine that contexts name, by the id in `oci-layout://ID@DIGEST`. */
  readonly layouts?: Readonly<Record<string, string>>
  /** In bytes. */
  readonly shmSize?: number
  readonly ulimits?: readonly Ulimit[]
}

/** A finished build, on its builder. Disposal removes the names that it left there. */
export interface BuiltImage extends AsyncDisposable {
  /** Images and remote files that the build resolved outside of its inputs. */
  readonly sources: readonly BuildSource[]
  /**
   * Pushes it to the destination, unless the builder did so during the build. @returns the digest of the pushed result.
   */
  push(call?: BuilderCall): Promise<Digest>
}

/** One process in an image of a registry. */
export interface RunRequest {
  /** With its digest. */
  readonly image: Reference
  readonly platform: Platform
  readonly command: readonly string[]
  /** `NAME=value`; without PATH, BuildKit's default applies. */
  readonly env: readonly string[]
  readonly cwd: string
  /** Name or number, with a group after a colon. Empty for root. */
  readonly user: string
  readonly network: 'none' | 'default'
  /** A directory of this machine, and where the process sees it, read-only. */
  readonly mount?: { readonly directory: SyncDirectory; readonly target: string } | undefined
  /** Name of the process in the progress of the build that runs it. */
  readonly name: string
}

/** How a process ended, and its output. */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Whether the builder omitted part of the output, because it was too long or too fast. */
  readonly isClipped: boolean
}

/** A worker of a builder. */
export interface BuilderWorker {
  readonly platforms: readonly Platform[]
  /** When it deletes cache records; empty if it deletes none. */
  readonly gcRules: readonly GcRule[]
}

/** The state of a builder, for diagnosis. */
export interface BuilderState {
  readonly workers: readonly BuilderWorker[]
  /** Sizes of its cache in bytes. */
  readonly cache: { readonly size: number; readonly inUse: number }
  /** Milliseconds that its clock is ahead of this machine's, at least; undefined if it does not report a time. */
  readonly clockOffset: number | undefined
}

/** Two names of one registry: a service has different names inside and outside of a cluster. */
export interface RegistryAlias {
  /** The name that this process uses, and that all references have: `localhost:5000`. */
  readonly host: string
  /** The name that builders use: `registry.ci.svc.cluster.local:5000`. */
  readonly builderHost: string
}

/** The images that a Docker Engine keeps by name. */
export interface ImageStore {
  /** Pulls one platform of an index; a single image is taken as it is. */
  pull(reference: Reference, platform: Platform, call?: BuilderCall): Promise<void>
  /** Gives an image another name. */
  tag(source: Reference, target: Reference, call?: BuilderCall): Promise<void>
  /** Removes a name; a missing name is not an error. */
  untag(reference: Reference, call?: BuilderCall): Promise<void>
}

/**
 * Builds that a builder has completed, by {@link pastBuildKey}: the longest time of each in milliseconds. The builder most
 * likely has their caches.
 */
export type PastBuilds = ReadonlyMap<string, number>

/** Identifies builds that share most of their cache. @param platform - the result of `platformIdentity` */
export function pastBuildKey(repository: string, platform: string): string {
  return `${repository} ${platform}`
}

/**
 * A BuildKit that builds images: that of a Docker Engine, or a remote one.
 *
 * Methods throw EngineError, and CancelledError once the signal has fired; credentials are looked up per host.
 */
export interface Builder extends AsyncDisposable {
  /** The name that the user gave: an address or a docker context. */
  readonly name: string
  /** Requests the description of the builder. @throws ENGINE_UNREACHABLE; ENGINE_UNSUPPORTED if it has no BuildKit. */
  describe(call?: DescribeCall): Promise<BuilderInfo>
  /** Builds an image. @throws BUILD_FAILED with the failing Dockerfile line and the end of its log. */
  build(request: BuildRequest, call?: BuilderCall): Promise<BuiltImage>
  /**
   * Runs a command in an image that is in a registry, and discards its changes. It runs as a build, which works on
   * every builder, also by emulation, and leaves no container. @throws BUILD_FAILED if the command could not be started
   */
  run(request: RunRequest, call?: BuilderCall): Promise<RunResult>
  /** Requests the state of its workers, cache and clock. */
  inspect(call?: BuilderCall): Promise<BuilderState>
  /** Checks whether the builder itself can resolve a manifest. @throws ENGINE_CANNOT_REACH_REGISTRY */
  requireRegistry(reference: Reference, call?: BuilderCall): Promise<void>
  /** Reads the builds that the builder remembers; none if it remembers none. */
  pastBuilds?(call?: BuilderCall): Promise<PastBuilds>
  /** Undefined for a builder without one. */
  readonly images?: ImageStore
  /** Another name that the builder has for a registry. */
  readonly registryAlias?: RegistryAlias
}
