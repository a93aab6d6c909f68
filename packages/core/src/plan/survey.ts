import type { Graph, Node } from '../graph/node.js'
import { DefinitionError } from '../model/errors.js'
import type { Output, StepCall, World } from '../steps/step.js'
import { type ConsideredNode, type ResolvedNode, resolveNode } from '../steps/work.js'

/** What is known of a node before anything is made. */
export interface SurveyedNode {
  readonly node: Node
  readonly resolved: ResolvedNode
  /** Undefined where that is known only after other nodes have been made. */
  readonly considered: ConsideredNode | undefined
  /** The result, or what it will be, where known. */
  readonly output: Output | undefined
  /** Whether the result is missing and something that is to be done needs it. */
  readonly wanted: boolean
}

/** What the reading of each node is called with. */
export type CallOf = (node: Node) => StepCall

/** Looks at every node without changing anything. Faults of all nodes are told together. */
export async function survey(
  graph: Graph,
  targets: ReadonlySet<string>,
  world: World,
  callOf: CallOf,
): Promise<ReadonlyMap<string, SurveyedNode>> {
  const resolved = await resolveAll(graph.nodes, world, callOf)
  const considered = await considerAll(resolved, callOf)
  const wanted = wantedNodes(graph.nodes, targets, considered)
  return new Map(
    resolved.map((one) => {
      const state = considered.get(one.node.id)
      const surveyed = {
        ...one,
        resolved: one,
        considered: state,
        output: outputOf(state),
        wanted: wanted.has(one.node.id),
      }
      return [one.node.id, surveyed] as const
    }),
  )
}

async function resolveAll(nodes: readonly Node[], world: World, callOf: CallOf): Promise<readonly ResolvedNode[]> {
  const settled = await Promise.allSettled(nodes.map((node) => resolveNode(node, world, callOf(node))))
  const errors = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  const faults = errors.flatMap((error) => (error instanceof DefinitionError ? error.faults : []))
  if (faults.length > 0) throw new DefinitionError(uniqueFaults(faults))
  if (errors.length > 0) throw errors[0]
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/** Platforms that share a context or Dockerfile share its faults. */
function uniqueFaults(faults: DefinitionError['faults']): DefinitionError['faults'] {
  return [...new Map(faults.map((fault) => [`${fault.path}\n${fault.message}`, fault])).values()]
}

async function considerAll(
  nodes: readonly ResolvedNode[],
  callOf: CallOf,
): Promise<ReadonlyMap<string, ConsideredNode>> {
  const known = new Map<string, ConsideredNode>()
  const outputs = new Map<string, Output>()
  const pending = new Map<string, Promise<void>>()
  for (const one of nodes) pending.set(one.node.id, consider(one))
  await Promise.all(pending.values())
  return known

  async function consider(one: ResolvedNode): Promise<void> {
    const { id, decidedBy } = one.node
    await Promise.all(decidedBy.map((need) => pending.get(need)))
    if (!decidedBy.every((need) => outputs.has(need))) return
    const state = await one.consider(outputs, callOf(one.node))
    known.set(id, state)
    const output = outputOf(state)
    if (output !== undefined) outputs.set(id, output)
  }
}

function outputOf(considered: ConsideredNode | undefined): Output | undefined {
  const finding = considered?.finding
  return finding?.state === 'present' ? finding.output : finding?.predicted
}

/** From what is to be published back through everything missing that it needs. */
function wantedNodes(
  nodes: readonly Node[],
  targets: ReadonlySet<string>,
  considered: ReadonlyMap<string, ConsideredNode>,
): ReadonlySet<string> {
  const wanted = new Set<string>()
  for (const node of nodes.toReversed()) {
    const isMissing = considered.get(node.id)?.finding.state !== 'present'
    const isAsked = targets.has(node.id) || nodes.some(({ id, needs }) => wanted.has(id) && needs.includes(node.id))
    if (isMissing && isAsked) wanted.add(node.id)
  }
  return wanted
}
