import type { Candidacy, EnginePool, Lease } from '../builder/pool.js'
import type { Builder } from '../builder/port.js'
import type { ImageNode, Node } from '../graph/node.js'
import { errorData } from '../model/error-data.js'
import { CancelledError, PolyarchError, RegistryError } from '../model/errors.js'
import { formatPlatform } from '../model/platform.js'
import { formatReference } from '../model/reference.js'
import type { RunEvent, WorkEvent } from '../model/run/events.js'
import type { PublishedState } from '../steps/published-state.js'
import type { Inputs, LookupResult, Output, PerformCall, StepCall } from '../steps/step.js'
import type { KeyedNode, ResolvedNode } from '../steps/work.js'
import { doOnEngine, leaseFor } from './on-engine.js'
import { runSchedule } from './schedule.js'

/** A node as the plan left it. */
export interface PlannedNode {
  readonly node: Node
  readonly resolved: ResolvedNode
  readonly keyed: KeyedNode | undefined
  readonly lookupResult: LookupResult | undefined
  /** Whether it is to be made even where its result is there. */
  readonly force: boolean
  /** The published result that corresponds to it. */
  readonly former: PublishedState
  readonly required: boolean
}

/** Input of the execution. */
export interface ExecutionInput {
  readonly nodes: ReadonlyMap<string, PlannedNode>
  readonly pool: EnginePool
  /** The engines that can build each image, by node. */
  readonly candidacies: ReadonlyMap<string, Candidacy>
  /** Whether images may be built. */
  readonly builds: boolean
  /** Whether the rest goes on where something fails. */
  readonly keepGoing: boolean
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/** The result of one node, and whether it was there before. */
export interface NodeResult {
  readonly output: Output
  readonly reused: boolean
}

/** Performs all required nodes whose results do not exist. No name that users see is changed. */
export async function performNodes(input: ExecutionInput): Promise<ReadonlyMap<string, NodeResult>> {
  const { nodes, signal, emit } = input
  const results = new Map<string, NodeResult>()
  const outputs = new Map<string, Output>()
  const lost = new Map<string, unknown>()
  const failed = new Set<string>()
  for (const { node, lookupResult } of nodes.values()) {
    if (lookupResult?.state === 'present') settle(node, lookupResult.output, true)
  }
  const required = [...nodes.values()].filter((planned) => planned.required)
  await runSchedule({
    nodes: required.map(({ node }) => node),
    signal,
    keepGoing: input.keepGoing,
    run: (node, nodeSignal) => perform(nodes.get(node.id), nodeSignal),
  })
  return results

  function settle(node: Node, output: Output, reused: boolean): void {
    results.set(node.id, { output, reused })
    outputs.set(node.id, output)
    const kind = reused ? 'node-reused' : 'node-finished'
    emit({
      kind,
      at: Date.now(),
      node: node.id,
      digest: output.descriptor.digest,
      reference: formatReference(output.reference),
    })
  }

  async function perform(planned: PlannedNode | undefined, nodeSignal: AbortSignal): Promise<void> {
    if (planned === undefined) return
    const { node } = planned
    const broken = node.needs.find((need) => failed.has(need))
    if (broken !== undefined) return leave(node, broken)
    const missing = node.needs.filter((need) => lost.has(need))
    if (missing.length > 0 && !canOmit(node, missing)) return lose(node, missing)
    let hasStarted = false
    try {
      using lease = await leaseOf(node, nodeSignal)
      hasStarted = true
      const platform = 'platform' in node && { platform: node.platform }
      emit({ kind: 'node-started', at: Date.now(), node: node.id, ...platform, ...lease?.use })
      const { output, reused } = await performWith(lease, planned, nodeSignal)
      settle(node, output, reused)
    } catch (error) {
      // A node that never got an engine emits no event.
      if (hasStarted || !nodeSignal.aborted) fail(node, error, nodeSignal)
    }
  }

  /** Waits for an engine where one is needed: a node has not started before. */
  async function leaseOf(node: Node, nodeSignal: AbortSignal): Promise<Lease | undefined> {
    if (node.kind !== 'image' || !input.builds) return undefined
    return leaseFor(node, input.candidacies.get(node.id), input.pool, nodeSignal)
  }

  function performWith(lease: Lease | undefined, planned: PlannedNode, nodeSignal: AbortSignal): Promise<NodeResult> {
    const { node } = planned
    const call = callOf(node, nodeSignal, emit)
    const perform = (engine?: Builder) => performOne(planned, outputs, { ...call, engine }, input.builds)
    if (lease === undefined) return perform()
    const { candidates = [] } = input.candidacies.get(node.id) ?? {}
    const moved = (use: Lease['use'], error: unknown) =>
      emit({ kind: 'node-reassigned', at: Date.now(), node: node.id, ...use, error: errorData(error) })
    return doOnEngine(lease, { candidates, pool: input.pool, signal: nodeSignal, moved }, perform)
  }

  /** Throws, unless the run goes on without the node. */
  function fail(node: Node, error: unknown, { aborted }: AbortSignal): void {
    if (error instanceof PolyarchError) error.node ??= node.id
    const isCancelled = error instanceof CancelledError
    if (isCancelled) emit({ kind: 'node-skipped', at: Date.now(), node: node.id, because: 'cancelled' })
    else emit({ kind: 'node-failed', at: Date.now(), node: node.id, error: { ...errorData(error), node: node.id } })
    if (!isOptional(node) || aborted || isCancelled) {
      failed.add(node.id)
      throw error
    }
    lost.set(node.id, error)
  }

  /** Marks a node as not made because of a failure that has been reported already. */
  function leave(node: Node, broken: string): void {
    failed.add(node.id)
    emit({ kind: 'node-skipped', at: Date.now(), node: node.id, because: `skipped: ${broken} failed` })
  }

  function lose(node: Node, missing: readonly string[]): void {
    const [first = ''] = missing
    // An index that nothing is left of is the failure of what it was to hold.
    if ('children' in node) {
      failed.add(node.id)
      throw lost.get(first)
    }
    lost.set(node.id, lost.get(first))
    emit({ kind: 'node-skipped', at: Date.now(), node: node.id, because: `skipped: ${first} failed` })
  }

  function callOf(node: Node, nodeSignal: AbortSignal, emit: (event: RunEvent) => void): StepCall {
    const onEvent = (event: WorkEvent) => emit({ kind: 'work', at: Date.now(), node: node.id, event })
    return { signal: nodeSignal, onEvent }
  }
}

/**
 * Performs one node. A result whose key the plan could not compute is looked up first: a killed run may have left it.
 */
async function performOne(
  planned: PlannedNode,
  inputs: Inputs,
  call: PerformCall,
  builds: boolean,
): Promise<NodeResult> {
  const keyed = planned.keyed ?? planned.resolved.evaluate(inputs, planned)
  const lookupResult = planned.lookupResult ?? (await keyed.lookup(call))
  if (lookupResult.state === 'present') return { output: lookupResult.output, reused: true }
  if (!builds && planned.node.kind === 'image') throw notBuilt(planned.node)
  return { output: await keyed.perform(inputs, call), reused: false }
}

function isOptional(node: Node): boolean {
  return node.kind === 'image' && node.optional === true
}

/** An index is made without the optional ones of its children, as long as one is left. */
function canOmit(node: Node, missing: readonly string[]): boolean {
  return 'children' in node && node.children.length > missing.length
}

function notBuilt({ id, platform }: ImageNode): RegistryError {
  return new RegistryError('PLATFORM_MISSING', `${id} does not exist, and this run does not build it`, {
    hint: `build it on a suitable machine: --only ${formatPlatform(platform)}`,
  })
}
