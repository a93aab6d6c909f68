import type { NodeResult } from '../../execute/execution.js'
import type { Node } from '../../graph/node.js'
import { CancelledError } from '../../model/errors.js'
import { isIndex } from '../../model/oci.js'
import type { RunEvent, WorkEvent } from '../../model/run/events.js'
import type { Registry, RegistryCall } from '../../registry/port.js'

/** Input of {@link reportLayers}. */
export interface LayersInput {
  readonly nodes: readonly Node[]
  readonly results: ReadonlyMap<string, NodeResult>
  readonly emit: (event: RunEvent) => void
}

/**
 * Reports the layers of every image. Everything is published by now, so an unreadable image is a note, not an error.
 */
export async function reportLayers({ nodes, results, emit }: LayersInput, registry: Registry, call: RegistryCall) {
  const images = nodes.filter(({ kind }) => kind === 'image')
  await Promise.all(
    images.map(async ({ id }) => {
      const result = results.get(id)
      const event = result && (await layersOf(result, registry, call))
      if (event !== undefined) emit({ kind: 'work', at: Date.now(), node: id, event })
    }),
  )
}

async function layersOf(
  { output }: NodeResult,
  registry: Registry,
  call: RegistryCall,
): Promise<WorkEvent | undefined> {
  try {
    const content = (await registry.getManifest(output.reference, call))?.content
    if (content === undefined || isIndex(content)) return undefined
    const { config, layers } = content
    return { kind: 'layers', config: placeOf(config), layers: layers.map(placeOf) }
  } catch (error) {
    if (error instanceof CancelledError) throw error
    return { kind: 'note', message: `its layers could not be read: ${error instanceof Error ? error.message : error}` }
  }
}

function placeOf<Blob extends { readonly digest: string; readonly size: number }>({
  digest,
  size,
}: Blob): Pick<Blob, 'digest' | 'size'> {
  return { digest, size }
}
