import { type Digest, isDigest } from '../../model/digest.js'
import { EngineError } from '../../model/errors.js'
import { formatReference, formatRepository } from '../../model/reference.js'
import { type BuildTools, runBuild } from '../build-tools.js'
import { SolveError, type SolveResult } from '../buildkit/solve.js'
import type { BuilderCall, BuildRequest, BuiltImage } from '../port.js'
import { mediaTypeHint } from './media-type-hint.js'

/** Key of BuildKit's image exporter for the digest of its result. */
const DIGEST = 'containerimage.digest'

/** BuildKit's name for the step that makes and pushes the image. */
const EXPORTS = 'exporting to '

/** Whether the export failed and not the build. */
function isExport(error: unknown): error is EngineError & { readonly cause: SolveError } {
  if (!(error instanceof EngineError) || !(error.cause instanceof SolveError)) return false
  return error.cause.step?.name.startsWith(EXPORTS) === true
}

/** A build whose builder pushes the result by digest, without a name. Only its cache remains on the builder. */
export class PushingBuild implements BuiltImage {
  readonly sources: BuiltImage['sources']
  readonly #digest: Digest

  private constructor(request: BuildRequest, { exported, sources }: SolveResult) {
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
    const build = () => runBuild(request, tools, exporter, call)
    try {
      return new PushingBuild(request, await build())
    } catch (error) {
      if (!isExport(error)) throw error
    }
    // Some registries reject a manifest while another builder writes one of its layers. All steps are cached by now.
    try {
      return new PushingBuild(request, await build())
    } catch (error) {
      if (!isExport(error)) throw error
      const { message } = error.cause
      const what = `the builder could not push ${formatReference(request.destination)}`
      const hint = mediaTypeHint(message, request.mediaTypes)
      throw new EngineError('PUSH_FAILED', `${what}: ${message}`, { cause: error.cause, ...(hint && { hint }) })
    }
  }

  async push(): Promise<Digest> {
    return this.#digest
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
