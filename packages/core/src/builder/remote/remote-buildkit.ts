import type { EngineErrorCode } from '../../model/errors.js'
import { formatPlatform } from '../../model/platform.js'
import { formatReference, type Reference } from '../../model/reference.js'
import type { CredentialStore } from '../../registry/port.js'
import { BuildSessions } from '../build/build-sessions.js'
import { runInImage } from '../build/image-run.js'
import { readPastBuilds } from '../build/past-builds.js'
import { PushingBuild } from '../build/pushing-build.js'
import type { BuildTools } from '../build-tools.js'
import { inspectBuildKit } from '../builder-state.js'
import { BuildKitClient } from '../buildkit/client.js'
import { findCredentials } from '../docker/registry-auth.js'
import { LastDescription } from '../last-description.js'
import { type OperationContext, runOperation } from '../operation.js'
import type {
  Builder,
  BuilderCall,
  BuilderInfo,
  BuilderState,
  BuildRequest,
  BuiltImage,
  DescribeCall,
  PastBuilds,
  RunRequest,
  RunResult,
} from '../port.js'
import { describeRemote } from './describe-remote.js'
import { requireRegistry } from './registry-check.js'
import type { RemoteAddress } from './remote-address.js'

export { resolveRemote } from './remote-address.js'

const BUILDER_ERRORS: Pick<OperationContext, 'kind' | 'start' | 'program'> = {
  kind: 'builder',
  start: 'start buildkitd, and check the address: a Docker Engine has an address without buildkit+',
  program: "check that 'buildctl dial-stdio' runs there without input, and that its buildkitd is running",
}

/** A BuildKit without a Docker Engine: `buildkitd` on this machine, on another one, or in a container. */
export class RemoteBuildKit implements Builder {
  readonly name: string
  readonly #remote: RemoteAddress
  readonly #buildKit: BuildKitClient
  readonly #sessions: BuildSessions
  readonly #last = new LastDescription()

  constructor(remote: RemoteAddress, credentials: CredentialStore) {
    this.name = remote.address
    this.#remote = remote
    this.#buildKit = new BuildKitClient(async () => ({ connect: (signal) => remote.open(signal) }))
    this.#sessions = new BuildSessions(this.#buildKit, (host, call) => findCredentials(credentials, host, call))
  }

  describe(call: DescribeCall = {}): Promise<BuilderInfo> {
    return this.#run('report its version and features', call, (own) =>
      this.#last.keep(
        describeRemote(this.#remote.address, this.#buildKit, { ...own, entitlements: call.entitlements }),
      ),
    )
  }

  build(request: BuildRequest, call: BuilderCall = {}): Promise<BuiltImage> {
    const action = `build ${formatReference(request.destination)} for ${formatPlatform(request.platform)}`
    return this.#run(action, call, async (own) => PushingBuild.start(request, await this.#tools(own), own))
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
      requireRegistry(reference, { remote: this.#remote, buildKit: this.#buildKit, sessions: this.#sessions }, own),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions[Symbol.asyncDispose]()
    await this.#buildKit[Symbol.asyncDispose]()
  }

  async #tools(call: BuilderCall): Promise<BuildTools> {
    const { features } = await (this.#last.info ?? this.describe(call))
    return {
      address: this.#remote.address,
      buildKit: this.#buildKit,
      sessions: this.#sessions,
      features,
      run: this.#run,
    }
  }

  /** Ends the operation if the builder stops answering, and converts its error. */
  readonly #run = <T>(
    action: string,
    { signal, onEvent }: BuilderCall,
    operation: (own: BuilderCall) => Promise<T>,
    code?: EngineErrorCode,
  ): Promise<T> => {
    const { address, hint: program = BUILDER_ERRORS.program } = this.#remote
    const context = { ...BUILDER_ERRORS, program, address, signal, action, ...(code && { code }) }
    const beat = async (own: AbortSignal) => (await this.#buildKit.control(own)).listWorkers({ signal: own })
    return runOperation(context, { beat, onEvent }, operation)
  }
}
