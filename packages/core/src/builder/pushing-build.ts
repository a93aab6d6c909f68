import { type Digest, isDigest } from '../model/digest.js'
import { EngineError } from '../model/errors.js'
import { formatReference, formatRepository } from '../model/reference.js'
import { type BuildTools, runBuild } from './build-tools.js'
import type { SolveResult } from './buildkit/solve.js'
import { runCommand } from './command-build.js'
import type { BuilderCall, BuildRequest, BuiltImage } from './port.js'

/** What BuildKit's image exporter reports of its result. */
const DIGEST = 'containerimage.digest'

/** A build whose builder pushes the result by its digest, under no name. It leaves nothing on the builder but its cache. */
export class PushingBuild implements BuiltImage {
  readonly sources: BuiltImage['sources']
  readonly #request: BuildRequest
  readonly #tools: BuildTools
  readonly #digest: Digest

  private constructor(request: BuildRequest, tools: BuildTools, { exported, sources }: SolveResult) {
    this.#request = request
    this.#tools = tools
    this.sources = sources
    const digest = exported[DIGEST] ?? ''
    if (!isDigest(digest)) {
      throw new EngineError(
        'PUSH_FAILED',
        `the builder pushed ${formatReference(request.destination)} without a digest`,
      )
    }
    this.#digest = digest
  }

  /** Builds and pushes. @throws BUILD_FAILED */
  static async start(request: BuildRequest, tools: BuildTools, call: BuilderCall): Promise<PushingBuild> {
    const exporter = {
      type: 'image',
      attributes: {
        name: formatRepository(request.destination),
        push: 'true',
        'push-by-digest': 'true',
        'oci-mediatypes': String(request.mediaTypes === 'oci'),
        store: 'false',
      },
    }
    return new PushingBuild(request, tools, await runBuild(request, tools, exporter, call))
  }

  run(command: readonly string[], call: BuilderCall = {}): Promise<void> {
    const image = `${formatRepository(this.#request.destination)}@${this.#digest}`
    return this.#tools.run(`run ${command.join(' ')}`, call, (own) =>
      runCommand(image, command, this.#request, this.#tools, own),
    )
  }

  async push(): Promise<Digest> {
    return this.#digest
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
