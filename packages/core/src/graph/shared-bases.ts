import type { PipelineDefinition } from '../definition/definition.js'
import { formatReference } from '../model/reference.js'
import type { Node } from './node.js'
import { baseIndexNodeId, baseNodeId } from './node-id.js'

/**
 * Merges the shared bases of one name: several pipelines may declare it, with the same platforms and bases, and it is made
 * once. The nodes are those of the first pipeline; they get key tags if one of the pipelines keeps these.
 */
export function mergeSharedBases(
  nodes: readonly Node[],
  pipelines: readonly Pick<PipelineDefinition, 'name' | 'sharedBase' | 'platforms'>[],
): readonly Node[] {
  const merged = new Map<string, string>()
  const owners = new Map<string, string>()
  for (const { name, sharedBase, platforms } of pipelines.filter((one) => one.sharedBase.tag !== undefined)) {
    const owner = owners.get(formatReference(sharedBase))
    if (owner === undefined) {
      owners.set(formatReference(sharedBase), name)
      continue
    }
    merged.set(baseIndexNodeId(name), baseIndexNodeId(owner))
    for (const { platform } of platforms) merged.set(baseNodeId(name, platform), baseNodeId(owner, platform))
  }
  if (merged.size === 0) return nodes
  const idOf = (id: string) => merged.get(id) ?? id
  const tagged = new Set(nodes.filter(keepsKeyTag).map(({ id }) => idOf(id)))
  return nodes
    .filter(({ id }) => !merged.has(id))
    .map((node) => withIds(node, idOf))
    .map((node) =>
      (node.kind === 'base' || node.kind === 'base-index') && tagged.has(node.id)
        ? { ...node, keepsKeyTag: true }
        : node,
    )
}

function keepsKeyTag(node: Node): boolean {
  return 'keepsKeyTag' in node && node.keepsKeyTag === true
}

/** A copy of a node with its references replaced. */
function withIds(node: Node, idOf: (id: string) => string): Node {
  const needs = [...new Set(node.needs.map(idOf))]
  if (node.kind !== 'image') return { ...node, needs }
  const pipelineImages = node.pipelineImages.map((image) => ({
    ...image,
    result: idOf(image.result),
    decidedBy: idOf(image.decidedBy),
  }))
  return { ...node, needs, base: idOf(node.base), baseIndex: idOf(node.baseIndex), pipelineImages }
}
