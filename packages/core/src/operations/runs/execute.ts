import { BuilderPool } from '../../builder/pool/pool.js'
import { type NodeResult, performNodes } from '../../execute/execution.js'
import { combineFailures } from '../../execute/failures.js'
import type { NamedResults } from '../../execute/read-back.js'
import type { TagMove } from '../../execute/stage-tag.js'
import type { Node } from '../../graph/node.js'
import { errorData } from '../../model/error-data.js'
import { CancelledError, throwIfCancelled } from '../../model/errors.js'
import { formatReference } from '../../model/reference.js'
import type { RunEvent } from '../../model/run/events.js'
import { hasChanges } from '../../model/run/plan.js'
import { makePlan, type Planned } from '../../plan/planning.js'
import { type ExecuteReport, withLoadedImages } from '../../report/execute-report.js'
import { reportOf } from '../../report/report.js'
import { BuilderMembership } from '../builders/builder-membership.js'
import { EventHandler } from '../event-handler.js'
import { openRegistry } from '../open-registry.js'
import { EXECUTE_OPTIONS, splitArguments } from '../option-names.js'
import type { ExecuteOptions, PipelinesAndOptions } from '../options.js'
import type { OutputDefinition } from '../outputs/output-option.js'
import { refuseMissingImages } from './missing-images.js'
import { type RunSession, withRunSession } from './run-session.js'

const DEFAULT_BUILD_CONCURRENCY = 4

/** Builds what is missing and publishes it. */
export async function execute(...given: PipelinesAndOptions<ExecuteOptions>): Promise<ExecuteReport> {
  const { pipelines, options } = splitArguments('execute', given, EXECUTE_OPTIONS)
  throwIfCancelled(options.signal)
  const events: RunEvent[] = []
  const handler = new EventHandler(options)
  const emit = (event: RunEvent) => {
    if (!isBulk(event)) events.push(event)
    handler.handle(event)
  }
  try {
    const outcome = await withRunSession(pipelines, options, (session) => executeIn({ session, options, emit }))
    await handler.settle()
    emit({ kind: 'run-finished', at: Date.now(), outcome })
    await handler.settle()
    return withLoadedImages(reportOf(events))
  } catch (error) {
    const outcome = error instanceof CancelledError ? 'cancelled' : 'failed'
    emit({ kind: 'run-finished', at: Date.now(), outcome, error: errorData(error) })
    await handler.settle()
    throw error
  }
}

/** Log lines and transfers are emitted but not kept, to bound memory. */
function isBulk(event: RunEvent): boolean {
  return event.kind === 'work' && event.event.kind !== 'code-checked'
}

/** Shared state of the stages of an execution. */
interface Execution {
  readonly session: RunSession
  readonly options: ExecuteOptions
  readonly emit: (event: RunEvent) => void
}

/** Results of all nodes, with their plan. */
interface Made {
  readonly planned: Planned
  readonly results: ReadonlyMap<string, NodeResult>
}

/** Runs the stages in order: check the options, plan, build, sign, move names, write outputs. */
async function executeIn(execution: Execution): Promise<'succeeded' | 'incomplete'> {
  const outputs = await checkOptions(execution)
  const made = await build(execution)
  await publish(execution, made)
  await writeResults(execution, made)
  await deliver(execution, made, outputs)
  return [...made.planned.nodes.values()].some(({ node, required }) => required && !made.results.has(node.id))
    ? 'incomplete'
    : 'succeeded'
}

/** Checks early what would otherwise fail after the build. */
async function checkOptions({ session, options }: Execution): Promise<readonly OutputDefinition[]> {
  if (options.metadataFile !== undefined) {
    const { checkMetadataFile } = await import('./metadata-file.js')
    await checkMetadataFile(options.metadataFile)
  }
  if (options.load) {
    const { engineToLoadInto, readLoad } = await import('./load.js')
    readLoad(options.load, session)
    await engineToLoadInto(session.services.builders)
  }
  return readOutputOptions(options.outputs, session.definition)
}

async function build({ session: { input, services }, options, emit }: Execution): Promise<Made> {
  const { signal } = options
  const planned = await makePlan(input, services, { signal, emit })
  emit({ kind: 'planned', at: Date.now(), plan: planned.plan })
  if (planned.errors.length > 0) throw combineFailures(planned.errors)
  if (!input.builds) refuseMissingImages(planned)
  const results = await performPlanned({ planned, input, services }, options, emit)
  return { planned, results }
}

/** Signs the results, then moves the names. */
async function publish({ session, options, emit }: Execution, { planned, results }: Made): Promise<void> {
  const { signal, allowRemoval = false } = options
  const { services, input } = session
  const { signing, names } = input
  if (signing !== undefined) {
    const { signResults } = await import('../../execute/sign-results.js')
    await signResults(
      { graph: input.graph, signed: signing.results, signer: signing.signer, results, signal, emit },
      services.registry,
    )
  }
  const moves = tagMoves(planned, names, results)
  if (options.verify === 'read-back') {
    const { readBack } = await import('../../execute/read-back.js')
    await using own = openRegistry(options)
    await readBack(resultsToRead(moves, input.targets, results), own, { signal, emit })
  }
  if (!hasChanges(planned.plan)) {
    keepTags(planned, emit)
    return
  }
  const { moveTags } = await import('../../execute/tag-phase.js')
  const referrers = signing !== undefined || input.graph.nodes.some(hasStatements)
  await moveTags({ moves, allowRemoval, referrers, signal, emit }, services.registry)
}

/** Writes the metadata file, and emits the layers. */
async function writeResults({ session, options, emit }: Execution, { results }: Made): Promise<void> {
  const { signal } = options
  const { input, services } = session
  if (options.metadataFile !== undefined) {
    const made = { nodes: input.graph.nodes, names: input.names, results }
    const { writeMetadata } = await import('./metadata-file.js')
    await writeMetadata(options.metadataFile, made, services.registry, { signal })
  }
  if (options.reportLayers) {
    const { reportLayers } = await import('./report-layers.js')
    await reportLayers({ nodes: input.graph.nodes, results, emit }, services.registry, { signal })
  }
}

/** Loads the images into the engine, and writes the outputs. */
async function deliver(
  { session, options, emit }: Execution,
  { results }: Made,
  outputs: readonly OutputDefinition[],
): Promise<void> {
  const { signal } = options
  const { definition, graph, services } = session
  if (options.load) {
    const { engineToLoadInto, loadImages, readLoad } = await import('./load.js')
    const platforms = readLoad(options.load, { definition, graph })
    await loadImages({ definition, graph, results, platforms, signal, emit }, await engineToLoadInto(services.builders))
  }
  if (outputs.length > 0) {
    const { writeOutputs } = await import('../outputs/write-outputs.js')
    await writeOutputs(outputs, { graph, results, emit }, services.registry, { signal })
  }
}

/** Makes missing results, on the builders of the plan and on those that join. */
async function performPlanned(
  { planned, input, services }: Pick<RunSession, 'input' | 'services'> & { readonly planned: Planned },
  options: ExecuteOptions,
  emit: (event: RunEvent) => void,
): Promise<ReadonlyMap<string, NodeResult>> {
  const { signal, keepGoing = false } = options
  const pool = openPool(options, input.policy)
  using members = new BuilderMembership({ builders: services.builders, planned, pool, signal, emit })
  const { candidacies } = members
  return await performNodes({
    nodes: planned.nodes,
    candidacies,
    pool,
    builds: input.builds,
    keepGoing,
    signal,
    emit,
  })
}

/** Reads the outputs, and checks that they can be written, before anything is built. */
async function readOutputOptions(
  options: ExecuteOptions['outputs'] = [],
  definition: RunSession['definition'],
): Promise<readonly OutputDefinition[]> {
  if (options.length === 0) return []
  const { readOutputs } = await import('../outputs/output-option.js')
  const { checkDestinations } = await import('../outputs/incoming.js')
  const outputs = readOutputs(options, definition)
  await checkDestinations(outputs)
  return outputs
}

/** Whether statements may be referrers, which are copied to other repositories. */
function hasStatements(node: Node): boolean {
  return node.kind === 'image' && node.build.attest !== undefined
}

function openPool({ buildConcurrency, emulation }: ExecuteOptions, policy: RunSession['input']['policy']): BuilderPool {
  const buildsPerBuilder = buildConcurrency ?? DEFAULT_BUILD_CONCURRENCY
  // The policy forbids emulation, so busy native builders must not cause it.
  const isForbidden = policy?.enforces === true && !policy.allowsEmulation
  const waitsForNative = emulation === 'when-needed' || isForbidden
  return new BuilderPool({ buildsPerBuilder, waitsForNative })
}

/** The results that names will point to; in a run that moves no name, such as one with `--only`, its images. */
function resultsToRead(
  moves: readonly TagMove[],
  targets: ReadonlySet<string>,
  results: ReadonlyMap<string, NodeResult>,
): NamedResults {
  if (moves.length > 0) return new Map(moves.map(({ node, output }) => [node, output]))
  return new Map([...results].filter(([node]) => targets.has(node)).map(([node, { output }]) => [node, output]))
}

/** If nothing was built, the plan has just read every name. */
function keepTags({ plan }: Planned, emit: (event: RunEvent) => void): void {
  for (const { reference, from, to } of plan.tags) {
    if (to === undefined) continue
    const change = { reference, to, ...(from !== undefined && { from }) }
    emit({ kind: 'tag-kept', at: Date.now(), change })
  }
}

function tagMoves(
  { plan }: Planned,
  names: RunSession['input']['names'],
  results: ReadonlyMap<string, NodeResult>,
): readonly TagMove[] {
  const seen = new Map(plan.tags.map(({ reference, from }) => [reference, from]))
  return names.flatMap((name) => {
    const result = results.get(name.node)
    // The names of a failed optional platform are unchanged.
    return result ? [{ ...name, output: result.output, planned: seen.get(formatReference(name.reference)) }] : []
  })
}
