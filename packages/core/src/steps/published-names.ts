import type { Definition, PipelineDefinition } from '../definition/definition.js'
import type { Graph } from '../graph/node.js'
import { baseIndexNodeId, imageNodeId, indexNodeId } from '../graph/node-id.js'
import { formatReference, type Reference } from '../model/reference.js'

/** A name that users see, and the node whose result it is to point to. */
export interface PublishedName {
  readonly reference: Reference
  readonly node: string
  /** Whether its pipeline was requested: names of pipelines that others use as base do not move. */
  readonly requested: boolean
}

/** All names that a definition publishes, in the order in which they move: shared bases, platforms, then indexes. */
export function publishedNames({ pipelines }: Definition, { nodes }: Graph): readonly PublishedName[] {
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

/** Returns the nodes whose results a definition requires, with or without names to publish. */
export function targetNodes({ pipelines }: Definition, graph: Graph): ReadonlySet<string> {
  const requested = new Set(pipelines.filter((pipeline) => pipeline.requested).map(({ name }) => name))
  const names = publishedNames({ pipelines, notes: [] }, graph).filter((name) => name.requested)
  const named = names.map(({ node }) => node)
  const results = graph.nodes.filter(({ kind, pipeline }) => kind === 'index' && requested.has(pipeline))
  return new Set([...named, ...results.map(({ id }) => id)])
}
