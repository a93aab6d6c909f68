import { neededEntitlements } from '../builder/features.js'
import type { Candidacy, Candidate } from '../builder/pool/pool.js'
import type { Builder } from '../builder/port.js'
import type { Entitlement } from '../definition/declare/entitlements.js'
import { type Graph, type Node, needsBuilder } from '../graph/node.js'
import { sourceName } from '../graph/source-name.js'
import { errorData } from '../model/error-data.js'
import { type Issue, type PolyarchError, throwIfCancelled } from '../model/errors.js'
import type { RunEvent } from '../model/run/events.js'
import { type NodePlan, PLAN_VERSION, type Plan } from '../model/run/plan.js'
import type { PlanReason } from '../model/run/plan-reason.js'
import type { PublishedName } from '../steps/published-names.js'
import type { StepCall, StepServices } from '../steps/step.js'
import type { ResolvedNode } from '../steps/work.js'
import { findCrossBuilt } from './cross-built.js'
import { evaluate, type NodeState, resolveAll } from './evaluate.js'
import { actionOf, explainAll } from './node-action.js'
import { type PolicyRules, policyViolations, violationError } from './policy.js'
import { candidatesOn, type Preflight, plannedUse, preflight } from './preflight.js'
import { type Published, readPublished } from './published.js'
import { type QueriedBuilder, queryBuilders } from './query-builders.js'
import { reasonText } from './reason-text.js'
import { planSignatures, type Signing } from './signature-plan.js'
import { planTags } from './tag-plan.js'
import { upstreamNotes } from './upstream.js'

/** Input of planning. */
export interface PlanningInput {
  readonly graph: Graph
  /** Ids of the nodes whose results are requested. */
  readonly targets: ReadonlySet<string>
  /** Names that would move. */
  readonly names: readonly PublishedName[]
  /** All names of the pipelines, for the published state. */
  readonly published: readonly PublishedName[]
  /** Undefined if the run does not sign. */
  readonly signing?: Signing | undefined
  /** The rules of the run, if it has any. */
  readonly policy?: PolicyRules | undefined
  /** Bases past their end of life. */
  readonly ended: readonly Issue[]
  /** Whether a node is made even if its result exists. */
  readonly isForced: (node: Node) => boolean
  readonly notes: readonly string[]
  /** Whether images may be built; if not, no builder receives a request. */
  readonly builds: boolean
  /** Whether a builder may emulate a platform. */
  readonly emulates: boolean
  /** Whether tests are skipped. */
  readonly skipsTests: boolean
  /** Whether to resolve the locked names upstream too. */
  readonly checksUpstream: boolean
}

/** A plan, with the state that execution needs. */
export interface Planned {
  readonly plan: Plan
  readonly nodes: ReadonlyMap<string, NodeState>
  /** The builders that can build each image, by node. */
  readonly candidacies: ReadonlyMap<string, Candidacy>
  /** Finds the nodes that a builder which joins after the plan can build. @throws EngineError if it does not answer */
  readonly candidatesOn: (builder: Builder, signal: AbortSignal | undefined) => Promise<ReadonlyMap<string, Candidate>>
  /** The errors of `plan.errors`. */
  readonly errors: readonly PolyarchError[]
}

/** Options of planning. */
export interface PlanningCall {
  readonly signal?: AbortSignal | undefined
  readonly emit?: ((event: RunEvent) => void) | undefined
}

/** Computes what a run would do. Makes no changes. @throws DefinitionError, RegistryError, HostError */
export async function makePlan(
  input: PlanningInput,
  services: StepServices,
  call: PlanningCall = {},
): Promise<Planned> {
  const { signal, emit } = call
  throwIfCancelled(signal)
  const notes = [...input.notes]
  const callOf = ({ id }: Node): StepCall => ({
    signal,
    onEvent: (event) => {
      if (event.kind === 'note') notes.push(event.message)
      emit?.({ kind: 'work', at: Date.now(), node: id, event })
    },
  })
  const entitlements = entitlementsOf(input.graph)
  let querying: Promise<readonly QueriedBuilder[]> | undefined
  const query = () => {
    querying ??= queryBuilders(services.builders, { signal, entitlements })
    return querying
  }
  const [published, nodes] = await evaluateNodes(input, services, { signal, callOf, query })
  throwIfCancelled(signal)
  const toDo = input.graph.nodes.filter(({ id }) => nodes.get(id)?.required)
  const toBuild = input.builds ? toDo.filter(needsBuilder) : []
  const sources = {
    queryBuilders: query,
    findCrossBuilt: () => findCrossBuilt(toBuild, nodes, services, { signal }),
  }
  const { signing } = input
  const [checked, tags, reasons, moved, signatures] = await Promise.all([
    preflight(toBuild, sources, { emulates: input.emulates, env: services.env }, { signal }),
    planTags({ names: input.names, published }, nodes, services.registry, { signal }),
    explainAll([...nodes.values()], callOf, input.skipsTests),
    input.checksUpstream ? upstreamNotes(input.graph, services, { signal }) : [],
    signing && planSignatures(signing, nodes, services.registry, { signal }),
  ])
  const { policy } = input
  const violations = await findViolations(input, { nodes, checked }, services, { signal })
  const errors = [...(policy?.enforces ? violations.map(violationError) : []), ...checked.errors]
  if (!policy?.enforces) notes.push(...violations.map(({ path, message }) => `policy: ${path}: ${message}`))
  const plan: Plan = {
    version: PLAN_VERSION,
    nodes: nodePlans(input.graph, reasons, { nodes, checked }),
    tags,
    ...(signatures && { signatures }),
    ...(checked.builders.length > 0 && { engines: checked.builders }),
    errors: errors.map(errorData),
    notes: [...new Set([...notes, ...skippedNotes(input), ...checked.notes, ...services.lock.notes(), ...moved])],
  }
  return {
    plan,
    nodes,
    candidacies: checked.candidacies,
    candidatesOn: (builder, own) => candidatesOn(builder, toBuild, checked.rules, { signal: own, entitlements }),
    errors,
  }
}

/** Options of the evaluation. */
interface Evaluation {
  readonly signal: AbortSignal | undefined
  readonly callOf: (node: Node) => StepCall
  readonly query: () => Promise<readonly QueriedBuilder[]>
}

/** Evaluates all nodes. Meanwhile, builders are queried if a build will need them. */
async function evaluateNodes(
  input: PlanningInput,
  services: StepServices,
  { signal, callOf, query }: Evaluation,
): Promise<readonly [Published, ReadonlyMap<string, NodeState>]> {
  const [published, resolved] = await readState(input, services, callOf, signal)
  // Loads the code for builds while the registries answer: once the requests are sent, because loading blocks.
  const onChanged = () => {
    if (input.builds) setImmediate(() => services.builders.prepare())
  }
  if (input.graph.nodes.some((node) => node.kind === 'index' && published.previousOf(node).index === undefined))
    onChanged()
  // The preflight check throws the errors of this query.
  const onRequired = (node: Node) => {
    if (needsBuilder(node) && input.builds) query().catch(() => {})
  }
  const contextOf = (node: Node) => ({ previous: published.previousOf(node), force: input.isForced(node) })
  return [published, await evaluate({ ...input, contextOf, callOf, onChanged, onRequired }, resolved)]
}

/** The nodes of a graph, with the builders that were found for them. */
interface Evaluated {
  readonly nodes: ReadonlyMap<string, NodeState>
  readonly checked: Preflight
}

async function findViolations(
  { policy, ended, names }: PlanningInput,
  { nodes, checked }: Evaluated,
  services: StepServices,
  call: StepCall,
): Promise<readonly Issue[]> {
  if (policy === undefined) return []
  // The rule applies to builds; tests may be emulated.
  const isEmulated = ({ node }: NodeState) =>
    node.kind === 'image' && plannedUse(checked, node)?.execution === 'emulated'
  const states = [...nodes.values()]
  const emulated = names.length === 0 ? [] : states.filter(isEmulated).map(({ node }) => node.id)
  return policyViolations(policy, { nodes: states, ended, emulated }, services, call)
}

/** Reads the published state and resolves all nodes concurrently. */
async function readState(
  { graph, published }: PlanningInput,
  services: StepServices,
  callOf: (node: Node) => StepCall,
  given: AbortSignal | undefined,
): Promise<readonly [Published, readonly ResolvedNode[]]> {
  const stop = new AbortController()
  const signal = given === undefined ? stop.signal : AbortSignal.any([given, stop.signal])
  const reads = [
    readPublished(graph, published, services.registry, { signal }),
    resolveAll({ graph, callOf: (node) => ({ ...callOf(node), signal }) }, services),
  ] as const
  try {
    return await Promise.all(reads)
  } catch (error) {
    stop.abort()
    await Promise.allSettled(reads)
    throw error
  }
}

/** The entitlements that the images of a graph need. */
function entitlementsOf({ nodes }: Graph): readonly Entitlement[] {
  const needed = nodes.flatMap((node) => (node.kind === 'image' ? neededEntitlements(node.build) : []))
  return [...new Set(needed)]
}

/** A run without tests must be distinguishable from one that passed them. */
function skippedNotes({ graph, skipsTests }: PlanningInput): readonly string[] {
  const { length } = graph.nodes.filter(({ kind }) => kind === 'test')
  if (!skipsTests || length === 0) return []
  return [
    `TESTS ARE SKIPPED: ${length === 1 ? '1 test does' : `${length} tests do`} not run, and names may move to untested images`,
  ]
}

function nodePlans(
  graph: Graph,
  reasons: ReadonlyMap<string, readonly PlanReason[]>,
  evaluated: Evaluated,
): readonly NodePlan[] {
  return graph.nodes.flatMap(({ id }) => {
    const state = evaluated.nodes.get(id)
    return state === undefined ? [] : [nodePlan(state, reasons.get(id) ?? [], evaluated)]
  })
}

function nodePlan(state: NodeState, why: readonly PlanReason[], { nodes, checked }: Evaluated): NodePlan {
  const { node, keyed, output } = state
  const after = state.resolved.decidedBy.filter((need) => nodes.get(need)?.output === undefined)
  const platform = 'platform' in node ? node.platform : undefined
  const source = sourceName(node)
  const { sources = [] } = state.resolved.unpinned ?? {}
  return {
    node: node.id,
    pipeline: node.pipeline,
    kind: node.kind,
    action: actionOf(state, why),
    why,
    reason: reasonText(why),
    needs: node.needs,
    ...(platform !== undefined && { platform }),
    ...(node.kind === 'test' && { test: node.test.name }),
    ...(source !== undefined && { source }),
    ...(after.length > 0 && { after }),
    ...(keyed !== undefined && { key: keyed.key }),
    ...(output !== undefined && { digest: output.descriptor.digest }),
    ...(sources.length > 0 && { unpinned: sources }),
    ...plannedUse(checked, node),
  }
}
