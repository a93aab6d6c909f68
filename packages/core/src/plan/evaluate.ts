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
  /** Undefined if what decides it is known only after other nodes have been made. */
  readonly keyed: KeyedNode | undefined
  /** Undefined if it is known only after other nodes have been made. */
  readonly lookupResult: LookupResult | undefined
  /** Whether it follows from the existence of a result that uses it: then the registry received no request. */
  readonly implied: boolean
  /** The result, existing or predicted, if known. */
  readonly output: Output | undefined
  /** Whether it is to be made even if its result is there. */
  readonly force: boolean
  readonly previous: PublishedState
  /** Whether something is to be done: the result is missing and needed, or tests decide whether it is published. */
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
  /** Whether tests are left out. */
  readonly skipsTests: boolean
  /** Called for each image whose key is not that of the published one, before the registry is searched for the key. */
  readonly onChanged: () => void
  /** Called once for each node that is to be made, before its inputs are evaluated. */
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

/** Resolves everything outside of the run. Issues of all nodes are reported together. */
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

/** Issues of a node's build, with the pipeline that they belong to: there may be several. */
function issuesOf(settled: PromiseSettledResult<unknown>, node: Node | undefined): DefinitionError['issues'] {
  if (settled.status === 'fulfilled' || !(settled.reason instanceof DefinitionError)) return []
  return settled.reason.issues.map((issue) =>
    node !== undefined && issue.path.startsWith('build.')
      ? { ...issue, path: `${node.pipeline} ${issue.path}` }
      : issue,
  )
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

/** From what is pulled up to what is published: keys, and results if they do not follow from what is known. */
async function keyAll(
  nodes: readonly ResolvedNode[],
  { contextOf, callOf, onChanged }: EvaluationInput,
): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>()
  const outputs = new Map<string, Output>()
  const pending = new Map<string, Promise<void>>()
  // Nodes come after what they need: what a node waits for has started.
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

/** Compares what the lock says with the registry, for all that something is to be made of. */
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
 * Finds the required nodes: from the targets back through everything that is missing. Nodes that nothing needs are not
 * looked up.
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

  /** Marks the inputs of an existing result as existing; whether they still do is irrelevant. */
  function imply(id: string): void {
    const state = known.get(id)
    // That an image is used does not say that it has passed a test.
    if (byId.get(id)?.kind === 'test') return
    if (state?.keyed.predicted === undefined || state.lookupResult !== undefined) return
    state.lookupResult = { state: 'present', output: state.keyed.predicted }
    state.implied = true
  }

  async function lookUp(id: string): Promise<void> {
    const node = byId.get(id)
    if (node === undefined || (node.kind === 'test' && skipsTests)) return
    const state = known.get(id)
    // An index is right only if its children are in the registry and were checked and tested: it implies none of them.
    const gates = 'children' in node ? node.needs : []
    await Promise.all(gates.map(visit))
    if (state !== undefined) state.lookupResult ??= await state.keyed.lookup(callOf(node))
    if (state?.lookupResult?.state === 'present') {
      const awaited = gates.filter((gate) => required.has(gate))
      if (awaited.length === 0) return
      required.add(id)
      // It stays as it is if all that is awaited are tests, and these pass.
      if (awaited.every((gate) => byId.get(gate)?.kind === 'test')) return
      state.lookupResult = { state: 'absent' }
    }
    required.add(id)
    onRequired(node)
    await Promise.all(node.needs.map(visit))
  }
}
