import type { Engines } from '../../builder/builders.js'
import type { Builder, ImageStore } from '../../builder/port.js'
import type { Definition } from '../../definition/definition.js'
import type { NodeResult } from '../../execute/execution.js'
import type { Graph, ImageNode } from '../../graph/node.js'
import { DefinitionError } from '../../model/errors.js'
import { platformsRunBy, samePlatform } from '../../model/platform.js'
import { formatReference } from '../../model/reference.js'
import type { RunEvent } from '../../model/run/events.js'

/** Input of loading images into the engine. */
export interface LoadInput {
  readonly definition: Definition
  readonly graph: Graph
  readonly results: ReadonlyMap<string, NodeResult>
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/** A builder that keeps images by name. */
export type EngineWithImages = Builder & { readonly images: ImageStore }

/** The first Docker Engine of a run, which `--load` puts images into. @throws DefinitionError USAGE if there is none */
export async function engineToLoadInto(engines: Engines): Promise<EngineWithImages> {
  const engine = (await engines.all()).find((one): one is EngineWithImages => one.images !== undefined)
  if (engine !== undefined) return engine
  const message = 'images cannot be loaded: no builder of this run is a Docker Engine'
  const hint = 'add a Docker Engine to the builders, or pull the published image by its name'
  throw new DefinitionError([{ path: 'load', message, hint }], 'USAGE')
}

/**
 * Puts each pipeline's image into the engine under the names of its index: the image for the platform that the engine
 * runs best, so that `docker run NAME` starts it.
 *
 * @throws EngineError PULL_FAILED, ENGINE_UNREACHABLE
 */
export async function loadImages(
  { definition, graph, results, signal, emit }: LoadInput,
  engine: EngineWithImages,
): Promise<void> {
  const { native } = await engine.describe({ signal })
  for (const { name, names } of definition.pipelines.filter(({ requested }) => requested)) {
    const images = graph.nodes.filter((node): node is ImageNode => node.kind === 'image' && node.pipeline === name)
    const image = bestImage(images, native)
    const output = image && results.get(image.id)?.output
    if (image === undefined || output === undefined) continue
    // By the image's own digest: engines without the containerd store refuse an index's digest for a second platform.
    await engine.images.pull(output.reference, image.platform, { signal })
    for (const reference of names) {
      await engine.images.tag(output.reference, reference, { signal })
      emit({ kind: 'loaded', at: Date.now(), reference: formatReference(reference), platform: image.platform })
    }
  }
}

function bestImage(images: readonly ImageNode[], native: ImageNode['platform']): ImageNode | undefined {
  const runsNatively = platformsRunBy(native)
    .map((host) => images.find(({ platform }) => samePlatform(platform, host)))
    .find((one) => one !== undefined)
  return runsNatively ?? images[0]
}
