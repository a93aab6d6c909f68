import { type BuilderPool, type Candidacy, claimOf, type Lease } from '../builder/pool/pool.js'
import type { Builder } from '../builder/port.js'
import { buildHeights } from '../graph/build-heights.js'
import { withPipelinePath } from '../graph/issue-path.js'
import { type ImageNode, type Node, needsBuilder, type TestNode } from '../graph/node.js'
import { gatingTests } from '../graph/test-order.js'
import { errorData } from '../model/error-data.js'
import { CancelledError, DefinitionError, PolyarchError, RegistryError } from '../model/errors.js'
import { formatPlatform } from '../model/platform.js'
import { formatReference } from '../model/reference.js'
import type { RunEvent, WorkEvent } from '../model/run/events.js'
import { attestedStatements } from '../steps/attested-statements.js'
import type { PublishedState } from '../steps/published-state.js'
import type { Inputs, LookupResult, Output, PerformCall } from '../steps/step.js'
import type { KeyedNode, ResolvedNode } from '../steps/work.js'
import { doOnBuilder, leaseFor, type Placement } from './on-builder.js'
import { runSchedule } from './schedule.js'

/** A node with its state in the plan. */
export interface PlannedNode {
  readonly node: Node
  readonly resolved: ResolvedNode
  readonly keyed: KeyedNode | undefined
  readonly lookupResult: LookupResult | undefined
  /** Whether it is made even if its result exists. */
  readonly force: boolean
  /** The published result that corresponds to it. */
  readonly previous: PublishedState
  readonly required: boolean
}

/** Input of the execution. */
export interface ExecutionInput {
  readonly nodes: ReadonlyMap<string, PlannedNode>
  readonly pool: BuilderPool
  /** The builders that can build each image, by node. */
  readonly candidacies: ReadonlyMap<string, Candidacy>
  /** Whether images may be built. */
  readonly builds: boolean
  /** Whether other nodes are still made after a failure. */
  readonly keepGoing: boolean
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/** The result of one node, and whether it existed before. */
export interface NodeResult {
  readonly output: Output
  readonly reused: boolean
}

/** Performs all required nodes whose results do not exist. No published name is changed. */
export function performNodes(input: ExecutionInput): Promise<ReadonlyMap<string, NodeResult>> {
  return new Execution(input).run()
}

class Execution {
  readonly #input: ExecutionInput
  readonly #results = new Map<string, NodeResult>()
  readonly #outputs = new Map<string, Output>()
  /** Errors of nodes that the run continues without. */
  readonly #lost = new Map<string, unknown>()
  readonly #failed = new Set<string>()
  /** The tests that decide whether each image is published, by its node. */
  readonly #tests: ReturnType<typeof gatingTests>

  readonly #heights: ReadonlyMap<string, number>

  constructor(input: ExecutionInput) {
    this.#input = input
    this.#heights = buildHeights([...input.nodes.values()].map(({ node }) => node))
    this.#tests = gatingTests([...input.nodes.values()].map(({ node }) => node))
  }

  async run(): Promise<ReadonlyMap<string, NodeResult>> {
    const { nodes, signal, keepGoing } = this.#input
    for (const { node, lookupResult, required } of nodes.values()) {
      if (lookupResult?.state !== 'present') continue
      // An existing index that waits for tests is settled after them.
      if (required) this.#outputs.set(node.id, lookupResult.output)
      else this.#settle(node, lookupResult.output, true)
    }
    const required = [...nodes.values()].filter((planned) => planned.required)
    await runSchedule({
      nodes: required.map(({ node }) => node),
      signal,
      keepGoing,
      run: (node, nodeSignal) => this.#perform(nodes.get(node.id), nodeSignal),
    })
    for (const image of this.#tests.keys()) if (this.#isUntested(image)) this.#results.delete(image)
    return this.#results
  }

  /** Whether an optional image has not passed a test: it is omitted like one that was not built. */
  #isUntested(image: string): boolean {
    return (this.#tests.get(image) ?? []).some(({ id }) => this.#lost.has(id))
  }

  /** The results that a node is made from: an index gets no image that has not passed a test. */
  #inputsOf(node: Node): Inputs {
    if (!('children' in node)) return this.#outputs
    return new Map([...this.#outputs].filter(([id]) => !this.#isUntested(id)))
  }

  #settle(node: Node, output: Output, reused: boolean): void {
    this.#results.set(node.id, { output, reused })
    this.#outputs.set(node.id, output)
    const attested = attestedStatements(node, output)
    this.#input.emit({
      kind: reused ? 'node-reused' : 'node-finished',
      at: Date.now(),
      node: node.id,
      digest: output.descriptor.digest,
      reference: formatReference(output.reference),
      ...(attested && { attested }),
    })
  }

  async #perform(planned: PlannedNode | undefined, signal: AbortSignal): Promise<void> {
    if (planned === undefined) return
    const { node } = planned
    const broken = node.needs.find((need) => this.#failed.has(need))
    if (broken !== undefined) return this.#leave(node, broken)
    const missing = node.needs.filter((need) => this.#lost.has(need))
    const isLeft = (child: string) => !this.#lost.has(child) && !this.#isUntested(child)
    if (missing.length > 0 && !canOmit(node, isLeft)) return this.#lose(node, missing)
    let hasStarted = false
    const placement = this.#placementOf(node, signal)
    try {
      using lease = placement && (await leaseFor(placement))
      hasStarted = true
      const platform = 'platform' in node && { platform: node.platform }
      this.#input.emit({ kind: 'node-started', at: Date.now(), node: node.id, ...platform, ...lease?.use })
      await this.#performWith(lease, planned, { signal, placement })
    } catch (error) {
      // A node that never got a builder emits no event.
      if (hasStarted || !signal.aborted) this.#fail(node, error, signal)
    }
  }

  /** Leases a builder for a node; undefined if it needs none. */
  #placementOf(node: Node, signal: AbortSignal): Placement | undefined {
    const { builds, candidacies, pool, emit } = this.#input
    if (!needsBuilder(node) || !builds) return undefined
    const { id } = node
    const { candidates = [], rejections = [] } = candidacies.get(id) ?? {}
    const moved = (use: Lease['use'], error: unknown) =>
      emit({ kind: 'node-reassigned', at: Date.now(), node: id, ...use, error: errorData(error) })
    return { node: id, claim: claimOf(node, candidates, this.#heights.get(id)), rejections, pool, signal, moved }
  }

  #performWith(
    lease: Lease | undefined,
    planned: PlannedNode,
    { signal, placement }: { readonly signal: AbortSignal; readonly placement: Placement | undefined },
  ): Promise<void> {
    const { builds, emit } = this.#input
    const { node } = planned
    const inputs = this.#inputsOf(node)
    const onEvent = (event: WorkEvent) => emit({ kind: 'work', at: Date.now(), node: node.id, event })
    const perform = async (builder?: Builder) => {
      const { output, reused } = await performOne(planned, inputs, { signal, onEvent, builder }, builds)
      // While the lease is held: no other build starts on the builder before this one is reported as finished.
      this.#settle(node, output, reused)
    }
    return lease && placement ? doOnBuilder(lease, placement, perform) : perform()
  }

  /** Throws, unless the run continues without the node. */
  #fail(node: Node, thrown: unknown, { aborted }: AbortSignal): void {
    const { emit } = this.#input
    const error = thrown instanceof DefinitionError ? withPipelinePath(thrown, node) : thrown
    if (error instanceof PolyarchError) error.node ??= node.id
    const isCancelled = error instanceof CancelledError
    if (isCancelled) emit({ kind: 'node-skipped', at: Date.now(), node: node.id, because: 'cancelled' })
    else emit({ kind: 'node-failed', at: Date.now(), node: node.id, error: { ...errorData(error), node: node.id } })
    if (!isOptional(node) || aborted || isCancelled) {
      this.#failed.add(node.id)
      throw error
    }
    this.#lost.set(node.id, error)
  }

  /** Marks a node as not made because of a failure that has been reported already. */
  #leave(node: Node, broken: string): void {
    this.#failed.add(node.id)
    this.#skip(node, broken)
  }

  #lose(node: Node, missing: readonly string[]): void {
    const [first = ''] = missing
    // An index without children fails with the error of its first child.
    if ('children' in node) {
      this.#failed.add(node.id)
      throw this.#lost.get(first)
    }
    this.#lost.set(node.id, this.#lost.get(first))
    this.#skip(node, first)
  }

  #skip({ id }: Node, failed: string): void {
    this.#input.emit({ kind: 'node-skipped', at: Date.now(), node: id, because: `skipped: ${failed} failed` })
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
  const { node } = planned
  const isReduced = 'children' in node && node.children.some((child) => !inputs.has(child.node))
  const known = isReduced ? undefined : planned
  const keyed = known?.keyed ?? planned.resolved.evaluate(inputs, planned)
  const lookupResult = known?.lookupResult ?? (await keyed.lookup(call))
  if (lookupResult.state === 'present') return { output: lookupResult.output, reused: true }
  if (!builds && needsBuilder(node)) throw notBuilt(node)
  return { output: await keyed.perform(inputs, call), reused: false }
}

function isOptional(node: Node): boolean {
  return 'optional' in node && node.optional === true
}

/** An index is made without failed optional children if at least one child is left. */
function canOmit(node: Node, isLeft: (child: string) => boolean): boolean {
  return 'children' in node && node.children.some((child) => isLeft(child.node))
}

function notBuilt({ id, platform, kind }: ImageNode | TestNode): RegistryError {
  if (kind === 'test') {
    const hint = `run it on a suitable machine: --only ${formatPlatform(platform)}`
    return new RegistryError('PLATFORM_MISSING', `${id} has not passed, and this run uses no builder`, { hint })
  }
  return new RegistryError('PLATFORM_MISSING', `${id} does not exist, and this run does not build it`, {
    hint: `build it on a suitable machine: --only ${formatPlatform(platform)}`,
  })
}
