import { withPipelinePath } from '../graph/issue-path.js'
import type { Graph, Node } from '../graph/node.js'
import { mapLimited } from '../model/async/map-limited.js'
import { DefinitionError, PolyarchError } from '../model/errors.js'
import { KEY_ANNOTATION } from '../steps/key.js'
import type { PublishedState } from '../steps/published-state.js'
import type { LookupResult, Output, StepCall, StepServices } from '../steps/step.js'
import { type EvaluationContext, type KeyedNode, type ResolvedNode, resolveNode } from '../steps/work.js'

/** State of a node before anything is made. */
export interface NodeState {
  readonly node: Node
  readonly resolved: ResolvedNode
  /** Undefined if the key is known only after other nodes have been made. */
  readonly keyed: KeyedNode | undefined
  /** Undefined if known only after other nodes have been made. */
  readonly lookupResult: LookupResult | undefined
  /** Whether its existence follows from a result that uses it, without a request to the registry. */
  readonly implied: boolean
  /** The result, existing or predicted, if known. */
  readonly output: Output | undefined
  /** Whether it is made even if its result exists. */
  readonly force: boolean
  readonly previous: PublishedState
  /** Whether it must be made: its result is missing and needed, or tests decide whether it is published. */
  readonly required: boolean
}

/** Input of the evaluation. */
export interface EvaluationInput {
  readonly graph: Graph
  /** Ids of the nodes whose results are requested. */
  readonly targets: ReadonlySet<string>
  /** The published result that corresponds to a node, and whether it may be reused. */
  readonly contextOf: (node: Node) => EvaluationContext
  readonly callOf: (node: Node) => StepCall
  /** Whether tests are skipped. */
  readonly skipsTests: boolean
  /** Called for each image whose key is not that of the published one, before the registry is searched for the key. */
  readonly onChanged: () => void
  /** Called once for each required node, before its inputs are evaluated. */
  readonly onRequired: (node: Node) => void
}

/** Evaluates resolved nodes without changing anything. */
export async function evaluate(
  input: EvaluationInput,
  resolved: readonly ResolvedNode[],
): Promise<ReadonlyMap<string, NodeState>> {
  const known = await keyAll(resolved, input)
  const required = await findRequired(known, input)
  await verifyUsed(required, known, input)
  return new Map(
    resolved.map((one) => {
      const { keyed, lookupResult, implied = false } = known.get(one.node.id) ?? {}
      const output = outputOf(keyed, lookupResult)
      const { node } = one
      const { force = false, previous = {} } = input.contextOf(node)
      const isRequired = required.has(node.id)
      return [
        node.id,
        { node, resolved: one, keyed, lookupResult, implied, output, force, previous, required: isRequired },
      ] as const
    }),
  )
}

/** Resolves all nodes. Issues of all nodes are reported together. */
export async function resolveAll(
  { graph, callOf }: Pick<EvaluationInput, 'graph' | 'callOf'>,
  services: StepServices,
): Promise<readonly ResolvedNode[]> {
  const settled = await mapLimited(graph.nodes, (node) => settle(resolveNode(node, services, callOf(node))))
  const errors = settled.flatMap((one, at) => (one.status === 'rejected' ? [named(one.reason, graph.nodes[at])] : []))
  const first = errors.find((error) => error instanceof DefinitionError)
  if (first !== undefined) {
    throw new DefinitionError(uniqueIssues(settled.flatMap((one, at) => issuesOf(one, graph.nodes[at]))), first.code)
  }
  if (errors.length > 0) throw errors[0]
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

async function settle<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
  try {
    return { status: 'fulfilled', value: await work }
  } catch (reason) {
    return { status: 'rejected', reason }
  }
}

function issuesOf(settled: PromiseSettledResult<unknown>, node: Node | undefined): DefinitionError['issues'] {
  if (settled.status === 'fulfilled' || !(settled.reason instanceof DefinitionError)) return []
  return withPipelinePath(settled.reason, node).issues
}

/** Platforms that share a context or Dockerfile share its issues. */
function uniqueIssues(issues: DefinitionError['issues']): DefinitionError['issues'] {
  return [...new Map(issues.map((issue) => [`${issue.path}\n${issue.message}`, issue])).values()]
}

function named(error: unknown, node: Node | undefined): unknown {
  if (error instanceof PolyarchError) error.node ??= node?.id
  return error
}

/** State of a node whose key is known. */
interface Known {
  readonly keyed: KeyedNode
  lookupResult?: LookupResult
  implied?: boolean
}

/** Computes keys and predicted results, in dependency order. */
async function keyAll(
  nodes: readonly ResolvedNode[],
  { contextOf, callOf, onChanged }: EvaluationInput,
): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>()
  const outputs = new Map<string, Output>()
  const pending = new Map<string, Promise<void>>()
  // Nodes are sorted, so each need has started before.
  await mapLimited(nodes, (one) => {
    const considering = consider(one)
    pending.set(one.node.id, considering)
    return considering
  })
  return known

  async function consider(resolved: ResolvedNode): Promise<void> {
    const { node } = resolved
    await Promise.all(resolved.decidedBy.map((need) => pending.get(need)))
    if (!resolved.decidedBy.every((need) => outputs.has(need))) return
    const context = contextOf(node)
    const keyed = resolved.evaluate(outputs, context)
    const published = context.previous?.image?.descriptor.annotations?.[KEY_ANNOTATION]
    if (node.kind === 'image' && keyed.key !== published) onChanged()
    const state: Known = { keyed }
    if (keyed.predicted === undefined) state.lookupResult = await keyed.lookup(callOf(node))
    known.set(node.id, state)
    const output = outputOf(keyed, state.lookupResult)
    if (output !== undefined) outputs.set(node.id, output)
  }
}

function outputOf(keyed: KeyedNode | undefined, lookupResult: LookupResult | undefined): Output | undefined {
  return lookupResult?.state === 'present' ? lookupResult.output : keyed?.predicted
}

/** Compares the lock with the registry, for all results that others will be made from. */
async function verifyUsed(
  required: ReadonlySet<string>,
  known: ReadonlyMap<string, Known>,
  { graph, callOf }: EvaluationInput,
): Promise<void> {
  const used = new Set(graph.nodes.filter(({ id }) => required.has(id)).flatMap(({ needs }) => needs))
  const nodes = graph.nodes.filter(({ id }) => used.has(id))
  await mapLimited(nodes, async (node) => known.get(node.id)?.keyed.verify(callOf(node)))
}

/**
 * Finds the required nodes: from the targets through all missing results. Nodes that are not needed are not looked up.
 */
async function findRequired(
  known: ReadonlyMap<string, Known>,
  { graph, targets, callOf, onRequired, skipsTests }: EvaluationInput,
): Promise<ReadonlySet<string>> {
  const required = new Set<string>()
  const byId = new Map(graph.nodes.map((node) => [node.id, node]))
  const visited = new Map<string, Promise<void>>()
  const visit = (id: string): Promise<void> => {
    const answer = visited.get(id) ?? lookUp(id)
    visited.set(id, answer)
    return answer
  }
  await mapLimited([...targets], visit)
  for (const { needs, id } of graph.nodes.toReversed())
    if (known.get(id)?.lookupResult?.state === 'present') needs.forEach(imply)
  return required

  /** Marks the inputs of an existing result as existing; they need not exist any more. */
  function imply(id: string): void {
    const state = known.get(id)
    // The use of an image does not imply a passed test.
    if (byId.get(id)?.kind === 'test') return
    if (state?.keyed.predicted === undefined || state.lookupResult !== undefined) return
    state.lookupResult = { state: 'present', output: state.keyed.predicted }
    state.implied = true
  }

  async function lookUp(id: string): Promise<void> {
    const node = byId.get(id)
    if (node === undefined || (node.kind === 'test' && skipsTests)) return
    const state = known.get(id)
    // An index does not imply its children: they must exist, and be checked and tested.
    const gates = 'children' in node ? node.needs : []
    await Promise.all(gates.map(visit))
    if (state !== undefined) state.lookupResult ??= await state.keyed.lookup(callOf(node))
    if (state?.lookupResult?.state === 'present') {
      const awaited = gates.filter((gate) => required.has(gate))
      if (awaited.length === 0) return
      required.add(id)
      // It is unchanged if only tests are awaited and these pass.
      if (awaited.every((gate) => byId.get(gate)?.kind === 'test')) return
      state.lookupResult = { state: 'absent' }
    }
    required.add(id)
    onRequired(node)
    await Promise.all(node.needs.map(visit))
  }
}
