import type { Node, TestNode } from './node.js'

/**
 * Makes nodes wait for tests: an index for those of its images and of all images that these are based on, even if they are
 * reused; and what other pipelines make of an image for the tests of that image.
 */
export function awaitTests(nodes: readonly Node[]): readonly Node[] {
  const tests = testsByImage(nodes)
  if (tests.size === 0) return nodes
  const owners = new Map(nodes.map(({ id, pipeline }) => [id, pipeline]))
  const gating = gatingTests(nodes)
  return nodes.map((node) => {
    if (node.kind === 'test') return node
    const awaited = node.needs.flatMap((need) => {
      if (node.kind === 'index') return gating.get(need) ?? []
      return owners.get(need) === node.pipeline ? [] : (tests.get(need) ?? [])
    })
    return awaited.length === 0
      ? node
      : { ...node, needs: [...new Set([...node.needs, ...awaited.map(({ id }) => id)])] }
  })
}

/** The tests that decide whether each image is published: its own, and those of the images that it is made from. */
export function gatingTests(nodes: readonly Node[]): ReadonlyMap<string, readonly TestNode[]> {
  const tests = testsByImage(nodes)
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const gating = new Map<string, readonly TestNode[]>()
  const collect = (id: string): readonly TestNode[] => {
    const known = gating.get(id)
    if (known !== undefined) return known
    const node = byId.get(id)
    // Images of other platforms in the index do not gate this image.
    const below = node === undefined || 'children' in node ? [] : node.needs.flatMap(collect)
    const all = [...new Set([...(tests.get(id) ?? []), ...below])]
    gating.set(id, all)
    return all
  }
  for (const { id, kind } of nodes) if (kind === 'image') collect(id)
  return gating
}

/** The tests of each image, by its node. */
function testsByImage(nodes: Iterable<Node>): ReadonlyMap<string, readonly TestNode[]> {
  const tests = new Map<string, TestNode[]>()
  for (const node of nodes) if (node.kind === 'test') tests.set(node.image, [...(tests.get(node.image) ?? []), node])
  return tests
}
