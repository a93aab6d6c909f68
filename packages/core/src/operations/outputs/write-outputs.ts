import type { NodeResult } from '../../execute/execution.js'
import type { Graph, ImageNode, IndexNode } from '../../graph/node.js'
import { codeOrFlag, DefinitionError, RegistryError } from '../../model/errors.js'
import { isIndex } from '../../model/oci.js'
import { formatPlatform, samePlatform } from '../../model/platform.js'
import { formatReference, type Reference } from '../../model/reference.js'
import type { RunEvent } from '../../model/run/events.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { writeDockerArchive, writeLayoutArchive } from './image-output.js'
import { replaceWhole } from './incoming.js'
import type { OutputDefinition } from './output-option.js'
import { type RootImage, writeRootArchive, writeRootDirectory } from './root-output.js'

/** Published results that outputs are made from. */
export interface OutputInput {
  readonly graph: Graph
  readonly results: ReadonlyMap<string, NodeResult>
  readonly emit: (event: RunEvent) => void
}

/**
 * Writes outputs from published images, so that they are equal on every builder and for reused images.
 *
 * @throws RegistryError; DefinitionError USAGE; HostError DISK_FULL
 */
export async function writeOutputs(
  outputs: readonly OutputDefinition[],
  input: OutputInput,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  for (const output of outputs) {
    const { type, dest } = output
    await replaceWhole(dest, (path) => writeOutput({ ...output, path }, input, registry, call))
    input.emit({ kind: 'output-written', at: Date.now(), type, dest })
  }
}

async function writeOutput(
  output: OutputDefinition & { readonly path: string },
  input: OutputInput,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const { path, pipeline } = output
  const archive = { path, names: pipeline.names }
  switch (output.type) {
    case 'local':
      return writeRootDirectory(await imagesOf(output, input, registry, call), path, registry, call)
    case 'tar':
      return writeRootArchive(await imagesOf(output, input, registry, call), path, registry, call)
    case 'oci':
      return writeLayoutArchive(sourceOf(output, input), archive, registry, call)
    case 'docker': {
      const [image] = await imagesOf(output, input, registry, call)
      if (image !== undefined) await writeDockerArchive(image, archive, registry, call)
    }
  }
}

/** The images of the output's platforms, in the order of the definition; those of an optional platform may be missing. */
async function imagesOf(
  output: OutputDefinition,
  input: OutputInput,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly RootImage[]> {
  const images: RootImage[] = []
  for (const { node, reference } of placesOf(output, input)) {
    const found = await registry.getManifest(reference, call)
    if (found === undefined || isIndex(found.content)) {
      throw new RegistryError('NOT_FOUND', `${formatReference(reference)} does not exist, though it was published`)
    }
    images.push({ reference, manifest: found.content, platform: node.platform })
  }
  return images
}

function placesOf(
  { dest, pipeline, platforms }: OutputDefinition,
  { graph, results }: OutputInput,
): readonly { readonly node: ImageNode; readonly reference: Reference }[] {
  const nodes = graph.nodes.filter(
    (node): node is ImageNode => node.kind === 'image' && node.pipeline === pipeline.name,
  )
  const places = platforms.flatMap((platform) => {
    const node = nodes.find((one) => samePlatform(one.platform, platform))
    const result = node && results.get(node.id)
    return node === undefined || result === undefined ? [] : [{ node, reference: result.output.reference }]
  })
  if (places.length > 0) return places
  const requested = platforms.map(formatPlatform).join(', ')
  throw new RegistryError('PLATFORM_MISSING', `output '${dest}' requires ${requested}, which this run did not make`, {
    hint: `select one of its platforms in the output, or remove ${codeOrFlag('only', '--only')}`,
  })
}

/** The index for all platforms, or the image of one. */
function sourceOf(output: OutputDefinition, input: OutputInput): Reference {
  const { dest, pipeline, platforms } = output
  const [first] = placesOf(output, input)
  if (platforms.length === 1 && pipeline.platforms.length > 1 && first !== undefined) return first.reference
  const index = input.graph.nodes.find(
    (node): node is IndexNode => node.kind === 'index' && node.pipeline === pipeline.name,
  )
  const result = index && input.results.get(index.id)
  if (result !== undefined) return result.output.reference
  const message = `output '${dest}' requires the index of all platforms, which a run with --only does not make`
  throw new DefinitionError([{ path: 'outputs', message, hint: 'add platform= to the output' }], 'USAGE')
}
