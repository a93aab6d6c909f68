import type { Definition, PipelineDefinition } from '../definition/definition.js'
import type { Graph } from '../graph/node.js'
import { baseIndexNodeId, imageNodeId, indexNodeId } from '../graph/node-id.js'
import { formatReference, formatRepository, type Reference, type Repository, repositoryOf } from '../model/reference.js'

/** A published name, and the node whose result it will point to. */
export interface PublishedName {
  readonly reference: Reference
  readonly node: string
  /** Whether its pipeline was requested: names of pipelines that others use as base do not move. */
  readonly requested: boolean
}

/** All names that a definition publishes, in the order in which they move: shared bases, platforms, then indexes. */
export function publishedNames(
  { pipelines }: Pick<Definition, 'pipelines'>,
  { nodes }: Graph,
): readonly PublishedName[] {
  const ids = new Set(nodes.map(({ id }) => id))
  const requested = pipelines.filter((pipeline) => pipeline.requested)
  const requestedNames = new Set(requested.flatMap(namesOf).map(({ reference }) => formatReference(reference)))
  // Several pipelines may declare one shared base, of which the nodes of one are in the graph.
  return pipelines
    .flatMap(namesOf)
    .map((name) => ({ ...name, requested: requestedNames.has(formatReference(name.reference)) }))
    .filter(({ node }) => ids.has(node))
}

function namesOf({
  name,
  sharedBase,
  platforms,
  names,
}: PipelineDefinition): readonly Pick<PublishedName, 'reference' | 'node'>[] {
  const base = sharedBase.tag === undefined ? [] : [{ reference: sharedBase, node: baseIndexNodeId(name) }]
  const images = platforms.flatMap(({ platform, names: own }) =>
    own.map((reference) => ({ reference, node: imageNodeId(name, platform) })),
  )
  const indexes = names.map((reference) => ({ reference, node: indexNodeId(name) }))
  return [...base, ...images, ...indexes]
}

/**
 * Returns the nodes whose results a definition requires, with or without names to publish.
 *
 * @param names - the result of {@link publishedNames}
 */
export function targetNodes(
  { pipelines }: Definition,
  graph: Graph,
  names: readonly PublishedName[],
): ReadonlySet<string> {
  const requested = new Set(pipelines.filter((pipeline) => pipeline.requested).map(({ name }) => name))
  const named = names.filter((name) => name.requested).map(({ node }) => node)
  const results = graph.nodes.filter(({ kind, pipeline }) => kind === 'index' && requested.has(pipeline))
  return new Set([...named, ...results.map(({ id }) => id)])
}

/** A result that is signed in one repository. */
export interface SignedResult {
  readonly node: string
  readonly repository: Repository
}

/** The results to sign: final indexes with their images, and results with names, in each of their repositories. */
export function signedResults(
  names: readonly Pick<PublishedName, 'reference' | 'node'>[],
  targets: ReadonlySet<string>,
  { nodes }: Graph,
): readonly SignedResult[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const indexes = nodes.filter(({ id, kind }) => kind === 'index' && targets.has(id))
  const placed = [
    ...indexes.map(({ id, repository }) => ({ node: id, repository })),
    ...names.map(({ node, reference }) => ({ node, repository: repositoryOf(reference) })),
  ]
  const all = placed.flatMap(({ node, repository }) => {
    const known = byId.get(node)
    const images = known?.kind === 'index' ? known.children.map((child) => child.node) : []
    return [...images, node].map((id) => ({ node: id, repository }))
  })
  return [...new Map(all.map((one) => [`${formatRepository(one.repository)} ${one.node}`, one])).values()]
}
