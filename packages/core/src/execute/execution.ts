import type { EnginePool, Lease } from '../engine/pool.js'
import type { Engine } from '../engine/port.js'
import type { ImageNode, Node } from '../graph/node.js'
import { errorData } from '../model/error-data.js'
import { CancelledError, PolyarchError, RegistryError } from '../model/errors.js'
import type { RunEvent, WorkEvent } from '../model/events.js'
import { formatPlatform } from '../model/platform.js'
import { formatReference } from '../model/reference.js'
import type { Former } from '../steps/former.js'
import type { Finding, Inputs, Output, PerformCall } from '../steps/step.js'
import type { ConsideredNode, ResolvedNode } from '../steps/work.js'
import { doOnEngine, leaseFor, type PossibleEngines } from './on-engine.js'
import { runSchedule } from './schedule.js'
import { Telling } from './telling.js'

/** A node as the plan left it. */
export interface PlannedNode {
  readonly node: Node
  readonly resolved: ResolvedNode
  readonly considered: ConsideredNode | undefined
  readonly finding: Finding | undefined
  /** The result, or what it will be, where known. */
  readonly output: Output | undefined
  /** Whether it is to be made even where its result is there. */
  readonly anew: boolean
  /** What is published in its place. */
  readonly former: Former
  readonly wanted: boolean
}

/** What execution starts from. */
export interface ExecutionInput {
  readonly nodes: ReadonlyMap<string, PlannedNode>
  readonly pool: EnginePool
  /** Who can build which image, by node. */
  readonly candidacies: ReadonlyMap<string, PossibleEngines>
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

/** Makes everything that is wanted and missing. No name that users see is touched. */
export async function performNodes(input: ExecutionInput): Promise<ReadonlyMap<string, NodeResult>> {
  const { nodes, signal, emit } = input
  const results = new Map<string, NodeResult>()
  const outputs = new Map<string, Output>()
  const lost = new Map<string, unknown>()
  const failed = new Set<string>()
  for (const { node, finding } of nodes.values()) {
    if (finding?.state === 'present') settle(node, finding.output, true)
  }
  const wanted = [...nodes.values()].filter((planned) => planned.wanted)
  const foreseen = foresee(nodes)
  // Else one that waits for its base would take an engine from one that could be built.
  const haveRoom = wanted.filter(({ node }) => node.kind === 'image').length <= input.pool.buildsPerEngine
  await runSchedule({
    nodes: wanted.map(({ node }) => node),
    signal,
    keepGoing: input.keepGoing,
    startsAhead,
    run: (node, nodeSignal, needed) => perform(nodes.get(node.id), nodeSignal, needed),
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

  /** An engine takes its time before it wants the context, and a base that is copied is known before it is there. */
  function startsAhead({ id, kind, needs }: Node): boolean {
    const isKnown = nodes.get(id)?.considered !== undefined && needs.every((need) => foreseen.has(need))
    return kind === 'image' && input.builds && haveRoom && isKnown
  }

  async function perform(
    planned: PlannedNode | undefined,
    nodeSignal: AbortSignal,
    needed: Promise<unknown>,
  ): Promise<void> {
    if (planned === undefined) return
    const { node } = planned
    const isAhead = startsAhead(node)
    const leftOut = needed.then(() => isLeftOut(node, nodeSignal))
    if (!isAhead && (await leftOut)) return
    const telling = new Telling(emit)
    try {
      using lease = await leaseOf(node, nodeSignal)
      const ready = leftOut.then((isOut) => {
        if (isOut) throw new CancelledError()
        const platform = 'platform' in node && { platform: node.platform }
        telling.start({ kind: 'node-started', at: Date.now(), node: node.id, ...platform, ...lease?.use })
      })
      // Who makes the node waits for it too, but may fail before.
      ready.catch(() => {})
      if (!isAhead) await ready
      const tell = (event: RunEvent) => telling.tell(event)
      const { output, reused } = await performWith(lease, planned, { ...callOf(node, nodeSignal, tell), ready }, tell)
      await ready
      settle(node, output, reused)
    } catch (error) {
      if (await leftOut) return
      // Who was still waiting for an engine has done nothing that could be told.
      if (telling.hasStarted || !nodeSignal.aborted) fail(node, error, nodeSignal)
    }
  }

  /** Whether a node is not made, for what has become of those that it needs; tells so. */
  function isLeftOut(node: Node, { aborted }: AbortSignal): boolean {
    if (aborted) return true
    const broken = node.needs.find((need) => failed.has(need))
    const missing = node.needs.filter((need) => lost.has(need))
    if (broken !== undefined) leave(node, broken)
    else if (missing.length > 0 && !standsWithout(node, missing)) lose(node, missing)
    else return false
    return true
  }

  /** Waits for an engine where one is needed: a node has not started before. */
  async function leaseOf(node: Node, nodeSignal: AbortSignal): Promise<Lease | undefined> {
    if (node.kind !== 'image' || !input.builds) return undefined
    return leaseFor(node, input.candidacies.get(node.id), input.pool, nodeSignal)
  }

  function performWith(
    lease: Lease | undefined,
    planned: PlannedNode,
    call: PerformCall & { readonly signal: AbortSignal },
    tell: (event: RunEvent) => void,
  ): Promise<NodeResult> {
    const { node } = planned
    const inputs = startsAhead(node) ? foreseen : outputs
    const perform = (engine?: Engine) => performOne(planned, inputs, { ...call, engine }, input.builds)
    if (lease === undefined) return perform()
    const { candidates = [] } = input.candidacies.get(node.id) ?? {}
    const moved = (use: Lease['use'], error: unknown) =>
      tell({ kind: 'node-moved', at: Date.now(), node: node.id, ...use, error: errorData(error) })
    return doOnEngine(lease, { candidates, pool: input.pool, signal: call.signal, moved }, perform)
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

  /** The failure itself has been told already. */
  function leave(node: Node, broken: string): void {
    failed.add(node.id)
    emit({ kind: 'node-skipped', at: Date.now(), node: node.id, because: `left out: ${broken} failed` })
  }

  function lose(node: Node, missing: readonly string[]): void {
    const [first = ''] = missing
    // An index that nothing is left of is the failure of what it was to hold.
    if ('children' in node) {
      failed.add(node.id)
      throw lost.get(first)
    }
    lost.set(node.id, lost.get(first))
    emit({ kind: 'node-skipped', at: Date.now(), node: node.id, because: `left out: ${first} failed` })
  }

  function callOf(node: Node, nodeSignal: AbortSignal, tell: (event: RunEvent) => void) {
    const onEvent = (event: WorkEvent) => tell({ kind: 'work', at: Date.now(), node: node.id, event })
    return { signal: nodeSignal, onEvent }
  }
}

/** What is there, and what will be as far as the plan knows. */
function foresee(nodes: ExecutionInput['nodes']): Inputs {
  return new Map([...nodes].flatMap(([id, { output }]) => (output === undefined ? [] : [[id, output]])))
}

/** What the plan could not know is looked up first: a run that was killed may have left it there. */
async function performOne(
  planned: PlannedNode,
  inputs: Inputs,
  call: PerformCall,
  builds: boolean,
): Promise<NodeResult> {
  const considered = planned.considered ?? planned.resolved.consider(inputs, planned)
  const finding = planned.finding ?? (await considered.lookup(call))
  if (finding.state === 'present') return { output: finding.output, reused: true }
  if (!builds && planned.node.kind === 'image') throw notBuilt(planned.node)
  return { output: await considered.perform(inputs, call), reused: false }
}

function isOptional(node: Node): boolean {
  return node.kind === 'image' && node.optional === true
}

/** An index is made without the optional ones of its children, as long as one is left. */
function standsWithout(node: Node, missing: readonly string[]): boolean {
  return 'children' in node && node.children.length > missing.length
}

function notBuilt({ id, platform }: ImageNode): RegistryError {
  return new RegistryError('PLATFORM_MISSING', `${id} is not there, and is to be built elsewhere`, {
    hint: `build it where that can be done: --only ${formatPlatform(platform)}`,
  })
}
