import type { Builders } from '../../builder/builders.js'
import type { Builder, ImageStore } from '../../builder/port.js'
import type { Definition } from '../../definition/definition.js'
import type { NodeResult } from '../../execute/execution.js'
import type { Graph, ImageNode } from '../../graph/node.js'
import { DefinitionError } from '../../model/errors.js'
import { type Platform, platformsRunBy, samePlatform } from '../../model/platform.js'
import { formatReference, type Reference } from '../../model/reference.js'
import type { RunEvent } from '../../model/run/events.js'
import { choosePlatforms } from './chosen-platforms.js'

/** Input of loading images into the engine. */
export interface LoadInput {
  readonly definition: Definition
  readonly graph: Graph
  readonly results: ReadonlyMap<string, NodeResult>
  /** The platforms to load; by default the one that the engine runs best. */
  readonly platforms: readonly Platform[] | undefined
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/** A builder that stores images by name. */
export type EngineWithImages = Builder & { readonly images: ImageStore }

/** The first Docker Engine of a run, which `--load` puts images into. @throws DefinitionError USAGE if there is none */
export async function engineToLoadInto(builders: Builders): Promise<EngineWithImages> {
  const engine = (await builders.all()).find((one): one is EngineWithImages => one.images !== undefined)
  if (engine !== undefined) return engine
  const message = 'images cannot be loaded: no builder of this run is a Docker Engine'
  const hint = 'add a Docker Engine to the builders, or pull the published image by its name'
  throw new DefinitionError([{ path: 'load', message, hint }], 'USAGE')
}

/**
 * Reads the option `load`: the platforms, or undefined for the one that the engine runs best.
 *
 * @throws DefinitionError USAGE for a platform that the run does not build
 */
export function readLoad(
  load: true | readonly string[],
  { definition, graph }: Pick<LoadInput, 'definition' | 'graph'>,
): readonly Platform[] | undefined {
  if (load === true) return undefined
  const names = requestedPipelines(definition).map(({ name }) => name)
  const images = names.flatMap((name) => imagesOf(name, graph))
  return choosePlatforms(
    'load',
    load,
    images.map(({ platform }) => platform),
  )
}

/**
 * Pulls images of each pipeline into the engine. The image for the platform that the engine runs best gets the names of
 * the index, so that `docker run NAME` starts it.
 *
 * @throws EngineError PULL_FAILED, ENGINE_UNREACHABLE
 */
export async function loadImages(input: LoadInput, engine: EngineWithImages): Promise<void> {
  const { definition, graph, platforms, signal } = input
  const { native } = await engine.describe({ signal })
  for (const { name, names } of requestedPipelines(definition)) {
    const images = imagesOf(name, graph).filter(({ platform }) => isChosen(platform, platforms))
    const best = bestImage(images, native)
    for (const image of platforms === undefined ? images.filter((one) => one === best) : images) {
      await loadImage(image, image === best ? names : [], input, engine)
    }
  }
}

async function loadImage(
  { id, pipeline, platform }: ImageNode,
  names: readonly Reference[],
  { results, signal, emit }: LoadInput,
  { images }: EngineWithImages,
): Promise<void> {
  const reference = results.get(id)?.output?.reference
  if (reference === undefined) return
  // By the image's digest: engines without the containerd image store reject an index's digest for a second platform.
  await images.pull(reference, platform, { signal })
  for (const name of names) await images.tag(reference, name, { signal })
  const loaded = { kind: 'loaded', at: Date.now(), pipeline, platform, image: formatReference(reference) } as const
  for (const name of names.length > 0 ? names : [reference]) emit({ ...loaded, reference: formatReference(name) })
}

function requestedPipelines({ pipelines }: Definition): Definition['pipelines'] {
  return pipelines.filter(({ requested }) => requested)
}

function imagesOf(pipeline: string, { nodes }: Graph): readonly ImageNode[] {
  return nodes.filter((node): node is ImageNode => node.kind === 'image' && node.pipeline === pipeline)
}

function isChosen(platform: Platform, platforms: readonly Platform[] | undefined): boolean {
  return platforms?.some((one) => samePlatform(one, platform)) ?? true
}

function bestImage(images: readonly ImageNode[], native: ImageNode['platform']): ImageNode | undefined {
  const runsNatively = platformsRunBy(native)
    .map((host) => images.find(({ platform }) => samePlatform(platform, host)))
    .find((one) => one !== undefined)
  return runsNatively ?? images[0]
}
