import type { Node, TestNode } from './node.js'

/**
 * Makes nodes wait for tests: the index of a pipeline for those of its images, and what other pipelines make of an image for
 * the tests of that image.
 */
export function awaitTests(nodes: readonly Node[]): readonly Node[] {
  const tests = testsByImage(nodes)
  if (tests.size === 0) return nodes
  const owners = new Map(nodes.map(({ id, pipeline }) => [id, pipeline]))
  return nodes.map((node) => {
    if (node.kind === 'test') return node
    const awaited = node.needs.flatMap((need) =>
      node.kind === 'index' || owners.get(need) !== node.pipeline ? (tests.get(need) ?? []) : [],
    )
    return awaited.length === 0 ? node : { ...node, needs: [...node.needs, ...awaited.map(({ id }) => id)] }
  })
}

/** The tests of each image, by its node. */
export function testsByImage(nodes: Iterable<Node>): ReadonlyMap<string, readonly TestNode[]> {
  const tests = new Map<string, TestNode[]>()
  for (const node of nodes) if (node.kind === 'test') tests.set(node.image, [...(tests.get(node.image) ?? []), node])
  return tests
}
