import { timeLimit } from '../../model/async/time-limit.js'
import type { Digest } from '../../model/digest.js'
import { EngineError } from '../../model/errors.js'
import { formatReference } from '../../model/reference.js'
import { type BuildTools, runBuild } from '../build-tools.js'
import type { BuilderCall, BuildRequest, BuiltImage, ImageStore } from '../port.js'

/** Highest number of exports if other builds remove the same image or its name. */
const EXPORT_ATTEMPTS = 5

/** Milliseconds that removing a name from the engine may take. */
const REMOVAL_TIME = 3000

/** Parts of an engine that stores results under names and pushes them. */
export interface StoreTools extends BuildTools {
  readonly images: ImageStore
  readonly push: (call: BuilderCall) => Promise<Digest>
}

/** A build whose result an engine stores under the name of its destination, until disposal. */
export class StoredBuild implements BuiltImage {
  readonly sources: BuiltImage['sources']
  readonly #request: BuildRequest
  readonly #tools: StoreTools

  private constructor(request: BuildRequest, tools: StoreTools, sources: BuiltImage['sources']) {
    this.#request = request
    this.#tools = tools
    this.sources = sources
  }

  /** Builds. @throws BUILD_FAILED */
  static async start(request: BuildRequest, tools: StoreTools, call: BuilderCall): Promise<StoredBuild> {
    try {
      return new StoredBuild(request, tools, await exportBuild(request, tools, call))
    } catch (error) {
      await removeName(request, tools)
      throw error
    }
  }

  /** Pushes the name. If it does not exist, another run with the same destination has removed it. */
  async push(call: BuilderCall = {}): Promise<Digest> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#tools.push(call)
      } catch (error) {
        if (attempt === EXPORT_ATTEMPTS || !(isWithoutName(error) || isRemovedMeanwhile(error))) throw error
        await exportBuild(this.#request, this.#tools, call)
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeName(this.#request, this.#tools)
  }
}

/**
 * Runs the build, whose steps are cached after the first time, and stores the result in the engine. @returns its
 * sources
 */
async function exportBuild(
  request: BuildRequest,
  tools: StoreTools,
  call: BuilderCall,
): Promise<BuiltImage['sources']> {
  const exporter = { type: 'moby', attributes: { name: formatReference(request.destination) } }
  for (let attempt = 1; ; attempt++) {
    try {
      return (await runBuild(request, tools, exporter, call)).sources
    } catch (error) {
      if (attempt === EXPORT_ATTEMPTS || !isRemovedMeanwhile(error)) throw error
    }
  }
}

/** Whether another build with the same result removed the image's last name during an export or the start of a push. */
function isRemovedMeanwhile(error: unknown): boolean {
  return error instanceof EngineError && /failed to get digest sha256:[0-9a-f]{64}: .*no such file/.test(error.message)
}

/** Whether the engine does not have the name to push. */
function isWithoutName(error: unknown): boolean {
  return error instanceof EngineError && /does not exist|No such image/.test(error.message)
}

/** Runs even after cancellation: otherwise the result would stay in the engine under a temporary name. */
async function removeName({ destination }: BuildRequest, { images }: StoreTools): Promise<void> {
  await images.untag(destination, { signal: timeLimit(REMOVAL_TIME) }).catch(() => {})
}
