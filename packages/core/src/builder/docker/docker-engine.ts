import pLimit, { type LimitFunction } from 'p-limit'
import type { Environment } from '../../host/environment.js'
import type { Digest } from '../../model/digest.js'
import type { EngineErrorCode } from '../../model/errors.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { formatReference, formatRepository, type Reference, type Repository } from '../../model/reference.js'
import type { CredentialStore } from '../../registry/port.js'
import { BuildSessions } from '../build/build-sessions.js'
import { runInImage } from '../build/image-run.js'
import { readPastBuilds } from '../build/past-builds.js'
import { PushingBuild } from '../build/pushing-build.js'
import type { BuildTools } from '../build-tools.js'
import { inspectBuildKit } from '../builder-state.js'
import { BuildKitClient } from '../buildkit/client.js'
import { LastDescription } from '../last-description.js'
import { runOperation } from '../operation.js'
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
} from '../port.js'
import { Connection } from './connection/connection.js'
import type { Endpoint } from './connection/endpoint.js'
import { engineTransport } from './connection/engine-transport.js'
import { describeEngine } from './description.js'
import { requireRegistry } from './distribution.js'
import { ENGINE_ERRORS } from './failures.js'
import { tagImage, untagImage } from './images/names.js'
import { sweepImages } from './images/sweep-images.js'
import { findCredentials } from './registry-auth.js'
import { StoredBuild } from './stored-build.js'
import { pull, push, withSecondTry } from './transfer.js'

/** The BuildKit and the images of a Docker Engine, over a connection of dockerode. */
export class DockerEngine implements Builder {
  readonly name: string
  readonly images: ImageStore
  readonly #connection: Connection
  readonly #credentials: CredentialStore
  readonly #buildKit: BuildKitClient
  readonly #sessions: BuildSessions
  readonly #pushes = new Map<string, LimitFunction>()
  readonly #last = new LastDescription()
  #swept?: Promise<void>

  constructor(endpoint: Endpoint, env: Environment, credentials: CredentialStore) {
    this.name = endpoint.address
    this.#connection = new Connection(endpoint, env)
    this.#credentials = credentials
    this.#buildKit = new BuildKitClient((signal) => engineTransport(this.#connection, signal))
    this.#sessions = new BuildSessions(this.#buildKit, (host, call) => findCredentials(credentials, host, call))
    this.images = {
      pull: (reference, platform, call = {}) => this.#pull(reference, platform, call),
      tag: (source, target, call = {}) =>
        this.#run(`tag ${formatReference(source)}`, call, (own) => tagImage(this.#connection, source, target, own)),
      untag: (reference, call = {}) =>
        this.#run(`untag ${formatReference(reference)}`, call, (own) => untagImage(this.#connection, reference, own)),
    }
  }

  describe(call: DescribeCall = {}): Promise<BuilderInfo> {
    return this.#run('report its version and features', call, (own) =>
      this.#last.keep(describeEngine(this.#connection, this.#buildKit, { ...own, entitlements: call.entitlements })),
    )
  }

  build(request: BuildRequest, call: BuilderCall = {}): Promise<BuiltImage> {
    const action = `build ${formatReference(request.destination)} for ${formatPlatform(request.platform)}`
    return this.#run(action, call, async (own) => {
      const tools = await this.#tools(own)
      if (tools.features.pushes) return PushingBuild.start(request, tools, own)
      this.#swept ??= sweepImages(this.#connection, own)
      await this.#swept
      const pushing = (pushCall: BuilderCall) => this.#push(request.destination, request.platform, pushCall)
      return StoredBuild.start(request, { ...tools, images: this.images, push: pushing }, own)
    })
  }

  run(request: RunRequest, call: BuilderCall = {}): Promise<RunResult> {
    return this.#run(`run ${request.command.join(' ')}`, call, async (own) =>
      runInImage(request, await this.#tools(own), own),
    )
  }

  pastBuilds({ signal }: BuilderCall = {}): Promise<PastBuilds> {
    return readPastBuilds(this.#buildKit, signal)
  }

  inspect(call: BuilderCall = {}): Promise<BuilderState> {
    return this.#run('describe its cache', call, (own) => inspectBuildKit(this.#buildKit, this.#sessions, own))
  }

  requireRegistry(reference: Reference, call: BuilderCall = {}): Promise<void> {
    return this.#run(`look up ${formatReference(reference)}`, call, (own) =>
      requireRegistry(this.#connection, this.#credentials, reference, own),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]()
    await this.#buildKit[Symbol.asyncDispose]()
    await this.#connection[Symbol.asyncDispose]()
  }

  async #tools(call: BuilderCall): Promise<BuildTools> {
    const { features, address } = await (this.#last.info ?? this.describe(call))
    return { buildKit: this.#buildKit, sessions: this.#sessions, features, address, run: this.#runStep }
  }

  #pull(reference: Reference, platform: Platform, call: BuilderCall): Promise<void> {
    const action = `pull ${formatReference(reference)} for ${formatPlatform(platform)}`
    const pulling = (own: BuilderCall) => pull(this.#connection, this.#credentials, [reference, platform], own)
    return this.#run(action, call, pulling, 'PULL_FAILED')
  }

  #push(reference: Reference, platform: Platform, call: BuilderCall): Promise<Digest> {
    const inTurn = (own: BuilderCall) =>
      this.#pushesTo(reference)(() =>
        withSecondTry(() => push(this.#connection, this.#credentials, [reference, platform], own)),
      )
    return this.#run(`push ${formatReference(reference)}`, call, inTurn, 'PUSH_FAILED')
  }

  /**
   * One push per repository at a time. Platforms share layers, such as files of the context; engines with the
   * containerd image store would send each several times, and docker-registry 2 may read a layer while it is written.
   */
  #pushesTo(repository: Repository): LimitFunction {
    const name = formatRepository(repository)
    const limit = this.#pushes.get(name) ?? pLimit(1)
    this.#pushes.set(name, limit)
    return limit
  }

  readonly #runStep = <T>(action: string, call: BuilderCall, operation: (own: BuilderCall) => Promise<T>): Promise<T> =>
    this.#run(action, call, operation)

  /** Aborts the operation if the engine stops answering, and converts its error. */
  #run<T>(
    action: string,
    { signal, onEvent }: BuilderCall,
    operation: (own: BuilderCall) => Promise<T>,
    code?: EngineErrorCode,
  ): Promise<T> {
    const context = { ...ENGINE_ERRORS, address: this.#connection.address, signal, action, ...(code && { code }) }
    return runOperation(context, { beat: (own) => this.#connection.ping(own), onEvent }, operation)
  }
}
