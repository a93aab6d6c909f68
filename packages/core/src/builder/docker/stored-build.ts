import type { Digest } from '../../model/digest.js'
import { formatReference } from '../../model/reference.js'
import { type BuildTools, runBuild } from '../build-tools.js'
import { runCommand } from '../command-build.js'
import type { BuilderCall, BuildRequest, BuiltImage, ImageStore } from '../port.js'

/** Milliseconds that removing a name from the engine may take. */
const REMOVAL_TIME = 3000

/** What a build uses of an engine that keeps results under names, and pushes these. */
export interface StoreTools extends BuildTools {
  readonly images: ImageStore
  readonly push: (call: BuilderCall) => Promise<Digest>
}

/** A build whose result an engine keeps by the name of its destination, until this is disposed of. */
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
    const exporter = { type: 'moby', attributes: { name: formatReference(request.destination) } }
    try {
      const { sources } = await runBuild(request, tools, exporter, call)
      return new StoredBuild(request, tools, sources)
    } catch (error) {
      await removeName(request, tools)
      throw error
    }
  }

  run(command: readonly string[], call: BuilderCall = {}): Promise<void> {
    const image = formatReference(this.#request.destination)
    return this.#tools.run(`run ${command.join(' ')}`, call, (own) =>
      runCommand(image, command, this.#request, this.#tools, own),
    )
  }

  push(call: BuilderCall = {}): Promise<Digest> {
    return this.#tools.push(call)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeName(this.#request, this.#tools)
  }
}

/** Whatever became of the build: what a cancelled one left would stay under a name that nobody looks for. */
async function removeName({ destination }: BuildRequest, { images }: StoreTools): Promise<void> {
  await images.untag(destination, { signal: AbortSignal.timeout(REMOVAL_TIME) }).catch(() => {})
}
