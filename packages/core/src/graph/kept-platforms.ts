import type { DockerfileUses } from './dockerfile-use.js'
import type { ChildNode, ImageNode, Node } from './node.js'
import { indexNodeId } from './node-id.js'

/**
 * Reduces a graph to chosen images and what they need. An index keeps only the remaining children. If its digest is
 * part of a key, it keeps all of them, so that the key equals that of a full run.
 */
export function keepPlatforms(
  nodes: readonly Node[],
  uses: DockerfileUses,
  isChosen: (image: ImageNode) => boolean,
): readonly Node[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const kept = new Set<string>()
  const keep = (id: string): void => {
    const node = byId.get(id)
    if (node === undefined || kept.has(id)) return
    kept.add(id)
    if ('children' in node) return
    node.needs.forEach(keep)
    if (node.kind !== 'image') return
    for (const index of indexesInKey(node, uses)) keepChildren(index)
    keep(indexNodeId(node.pipeline))
  }
  const keepChildren = (id: string): void => {
    const node = byId.get(id)
    if (node !== undefined && 'children' in node) for (const child of node.children) keep(child.node)
  }
  for (const node of nodes) if (node.kind === 'image' && isChosen(node)) keep(node.id)
  for (const node of nodes) if (node.kind === 'test' && kept.has(node.image)) kept.add(node.id)
  return nodes.flatMap((node) => (kept.has(node.id) ? [reduced(node, kept)] : []))
}

/** The indexes whose digests are part of an image's key. */
function indexesInKey({ id, baseIndex, pipelineImages }: ImageNode, uses: DockerfileUses): readonly string[] {
  const base = uses.get(id)?.usesWholeBase === true ? [baseIndex] : []
  return [...base, ...pipelineImages.map(({ decidedBy }) => decidedBy)]
}

function reduced(node: Node, kept: ReadonlySet<string>): Node {
  if (!('children' in node)) return node
  const isKept = ({ node: id }: ChildNode) => kept.has(id)
  return { ...node, needs: node.needs.filter((id) => kept.has(id)), children: node.children.filter(isKept) }
}
