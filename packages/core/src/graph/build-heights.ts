import type { Node } from './node.js'

/**
 * The length of the longest chain of images based on each node: the longest chain is built first.
 *
 * @param nodes - in dependency order
 */
export function buildHeights(nodes: readonly Pick<Node, 'id' | 'kind' | 'needs'>[]): ReadonlyMap<string, number> {
  const heights = new Map<string, number>()
  for (const { id, kind, needs } of nodes.toReversed()) {
    const own = (heights.get(id) ?? 0) + (kind === 'image' ? 1 : 0)
    for (const need of needs) heights.set(need, Math.max(heights.get(need) ?? 0, own))
  }
  return heights
}
