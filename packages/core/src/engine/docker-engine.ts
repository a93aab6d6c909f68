import pLimit, { type LimitFunction } from 'p-limit'
import type { Digest } from '../model/digest.js'
import type { ErrorCode } from '../model/errors.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import {
  formatReference,
  formatRepository,
  type Reference,
  type Repository,
  withDefaultTag,
} from '../model/reference.js'
import type { CredentialStore } from '../registry/port.js'
import { build } from './build.js'
import { Connection } from './connection.js'
import { distribution } from './distribution.js'
import type { Endpoint, Environment } from './endpoint.js'
import { Refusal, withFailures } from './failures.js'
import { nativePlatform } from './native-platform.js'
import type { BuildRequest, Engine, EngineCall, EngineInfo } from './port.js'
import { runnablePlatforms } from './runnable.js'
import { pull, push, withSecondTry } from './transfer.js'

/** What tells the containerd image store from the older one in `GET /info`. */
const CONTAINERD_DRIVER = 'io.containerd.snapshotter.v1'

interface InfoAnswer {
  readonly Architecture?: string
  readonly DriverStatus?: readonly (readonly [name: string, value: string])[]
  readonly DockerRootDir?: string
}

/** The port over one Docker engine. */
export class DockerEngine implements Engine {
  readonly name: string
  readonly #connection: Connection
  readonly #credentials: CredentialStore
  readonly #pushes = new Map<string, LimitFunction>()

  constructor(endpoint: Endpoint, env: Environment, credentials: CredentialStore) {
    this.name = endpoint.address
    this.#connection = new Connection(endpoint, env)
    this.#credentials = credentials
  }

  info(call: EngineCall = {}): Promise<EngineInfo> {
    return this.#run('tell about itself', call, async () => {
      const connection = this.#connection
      const { engine, api, os, architecture } = await connection.version(call.signal)
      const answer = await connection.json({ method: 'GET', path: '/info', signal: call.signal })
      const { Architecture: machine, DriverStatus: status = [], DockerRootDir: dataRoot } = answer as InfoAnswer
      const native = nativePlatform({ os, architecture, machine })
      const usesContainerd = status.some(([name, value]) => name === 'driver-type' && value === CONTAINERD_DRIVER)
      return {
        address: connection.address,
        version: engine,
        apiVersion: api,
        native,
        runnable: await runnablePlatforms(connection, native, call.signal),
        imageStore: usesContainerd ? 'containerd' : 'graphdriver',
        ...(dataRoot && { dataRoot }),
      }
    })
  }

  build(request: BuildRequest, call: EngineCall = {}): Promise<{ readonly imageId: string }> {
    const action = `build ${formatReference(request.name)} for ${formatPlatform(request.platform)}`
    return this.#run(action, call, () => build(this.#connection, this.#credentials, request, call))
  }

  push(reference: Reference, platform: Platform, call: EngineCall = {}): Promise<Digest> {
    const pushing = () => push(this.#connection, this.#credentials, [reference, platform], call)
    const inTurn = () => this.#pushesTo(reference)(() => withSecondTry(pushing))
    return this.#run(`push ${formatReference(reference)}`, call, inTurn, 'PUSH_FAILED')
  }

  pull(reference: Reference, platform: Platform, call: EngineCall = {}): Promise<void> {
    const action = `pull ${formatReference(reference)} for ${formatPlatform(platform)}`
    const pulling = () => pull(this.#connection, this.#credentials, [reference, platform], call)
    return this.#run(action, call, pulling, 'PULL_FAILED')
  }

  tag(source: Reference, target: Reference, call: EngineCall = {}): Promise<void> {
    const path = `/images/${formatReference(withDefaultTag(source))}/tag`
    const query = { repo: formatRepository(target), tag: withDefaultTag(target).tag ?? '' }
    return this.#run(`tag ${formatReference(source)}`, call, async () => {
      await this.#connection.json({ method: 'POST', path, query, signal: call.signal })
    })
  }

  untag(reference: Reference, call: EngineCall = {}): Promise<void> {
    const path = `/images/${formatReference(withDefaultTag(reference))}`
    return this.#run(`untag ${formatReference(reference)}`, call, async () => {
      try {
        await this.#connection.json({ method: 'DELETE', path, signal: call.signal })
      } catch (error) {
        if (!(error instanceof Refusal && error.status === 404)) throw error
      }
    })
  }

  distribution(reference: Reference, call: EngineCall = {}): Promise<{ readonly digest: Digest } | undefined> {
    const asking = () => distribution(this.#connection, this.#credentials, reference, call)
    return this.#run(`look up ${formatReference(reference)}`, call, asking)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]()
  }

  /**
   * One at a time to a repository. Platforms have layers in common, such as what is copied from the context; engines with
   * the containerd image store would send each several times, and docker-registry 2 reads what is written at that moment.
   */
  #pushesTo(repository: Repository): LimitFunction {
    const name = formatRepository(repository)
    const limit = this.#pushes.get(name) ?? pLimit(1)
    this.#pushes.set(name, limit)
    return limit
  }

  #run<T>(action: string, { signal }: EngineCall, operation: () => Promise<T>, code?: ErrorCode): Promise<T> {
    const context = { address: this.#connection.address, signal, action, ...(code && { code }) }
    return withFailures(context, operation)
  }
}
