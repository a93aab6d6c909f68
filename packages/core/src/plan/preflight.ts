import { type Candidacy, type Candidate, claimOf, firstUse } from '../builder/pool/pool.js'
import type { Builder, DescribeCall } from '../builder/port.js'
import { type ImageNode, type Node, needsBuilder, type TestNode } from '../graph/node.js'
import type { Environment } from '../host/environment.js'
import type { EngineError, PolyarchError } from '../model/errors.js'
import type { EngineUse } from '../model/run/engine-use.js'
import type { EnginePlan } from '../model/run/plan.js'
import { missingSecrets } from '../steps/image/secrets/build-secrets.js'
import type { StepCall } from '../steps/step.js'
import { findCandidates } from './candidates.js'
import { enginePlan, type QueriedEngine } from './query-engines.js'
import { findUnreachableRegistries } from './reachability.js'

type BuilderNode = ImageNode | TestNode

/** State of the engines before anything is sent to them. */
export interface Preflight {
  /** Empty if nothing is to be built. */
  readonly engines: readonly EnginePlan[]
  /** The engines that can build each image, or run each test, by node. */
  readonly candidacies: ReadonlyMap<string, Candidacy>
  readonly errors: readonly PolyarchError[]
  readonly notes: readonly string[]
}

/** What the checks depend on, beside the engines. */
export interface PreflightRules {
  /** Whether an engine may emulate a platform. */
  readonly emulates: boolean
  /** The variables that hold secrets. */
  readonly env: Environment
}

/** Checks whether the engines can build what is missing, and run its tests. Reads only; queries no engine if there is nothing to build. */
export async function preflight(
  nodes: readonly Node[],
  query: () => Promise<readonly QueriedEngine[]>,
  { emulates, env }: PreflightRules,
  call: StepCall,
): Promise<Preflight> {
  const images = nodes.filter(needsBuilder)
  if (images.length === 0) return { engines: [], candidacies: new Map(), errors: [], notes: [] }
  const queried = await query()
  const answering = queried.filter((one) => 'info' in one)
  const possible = new Map(images.map((image) => [image, findCandidates(image, answering, emulates)]))
  const reached = await keepReaching(possible, call)
  const missing = await Promise.all(images.map((image) => missingSecretsOf(image, env)))
  const failures = queried.flatMap((one) => ('failure' in one ? [one.failure] : []))
  const unbuildable = images.filter((image) => !image.optional && reached.get(image)?.candidates.length === 0)
  const rejections = unbuildable.flatMap((image) => reached.get(image)?.rejections ?? [])
  const isShort = unbuildable.length > 0 || answering.length === 0
  return {
    engines: queried.map(enginePlan),
    candidacies: new Map([...reached].map(([{ id }, candidacy]) => [id, candidacy])),
    // An engine says of several images alike that it does not get to their registry.
    errors: [...new Set([...rejections, ...missing.flat(), ...(isShort ? failures : [])])],
    notes: isShort ? [] : notesOn(queried, [...reached.values()]),
  }
}

/** Which engine is to build an image as long as all of them are free. */
export function plannedUse({ candidacies }: Preflight, node: Node): EngineUse | undefined {
  return needsBuilder(node) ? firstUse(claimOf(node, candidacies.get(node.id)?.candidates ?? [])) : undefined
}

/**
 * Checks what a builder can build that joins the run.
 *
 * @returns the builder as a candidate, by node.
 * @throws EngineError if it does not answer
 */
export async function candidatesOn(
  engine: Builder,
  nodes: readonly BuilderNode[],
  emulates: boolean,
  call: DescribeCall,
): Promise<ReadonlyMap<string, Candidate>> {
  const info = await engine.describe(call)
  const possible = new Map(nodes.map((node) => [node, findCandidates(node, [{ engine, info }], emulates)]))
  const reached = await keepReaching(possible, { signal: call.signal })
  return new Map([...reached].flatMap(([{ id }, { candidates }]) => candidates.map((one) => [id, one] as const)))
}

async function missingSecretsOf(node: BuilderNode, env: Environment): Promise<readonly PolyarchError[]> {
  const { id, optional } = node
  const missing = optional || node.kind !== 'image' ? [] : await missingSecrets(node.build, env)
  for (const error of missing) error.node = id
  return missing
}

/** Removes engines that cannot reach the registry of an image. Only engines that could build it are checked. */
async function keepReaching(
  possible: ReadonlyMap<BuilderNode, Candidacy>,
  call: StepCall,
): Promise<ReadonlyMap<BuilderNode, Candidacy>> {
  const engines = new Set([...possible.values()].flatMap(({ candidates }) => candidates.map(({ engine }) => engine)))
  const entries = [...engines].map(async (engine) => {
    const images = [...possible].flatMap(([image, { candidates }]) =>
      candidates.some((one) => one.engine === engine) ? [image] : [],
    )
    return [engine, await findUnreachableRegistries(images, engine, call)] as const
  })
  const unreachable = new Map<Builder, ReadonlyMap<string, EngineError>>(await Promise.all(entries))
  const errorOf = ({ repository }: BuilderNode, engine: Builder) => unreachable.get(engine)?.get(repository.registry)
  return new Map(
    [...possible].map(([image, { candidates, rejections }]) => {
      const errors = candidates.flatMap(({ engine }) => errorOf(image, engine) ?? [])
      const left = candidates.filter(({ engine }) => errorOf(image, engine) === undefined)
      return [image, { candidates: left, rejections: [...rejections, ...errors] }]
    }),
  )
}

/** Notes on engines that the run does not use, if the others suffice. */
function notesOn(queried: readonly QueriedEngine[], candidacies: readonly Candidacy[]): readonly string[] {
  const silent = queried.flatMap((one) => ('failure' in one ? [one.failure] : []))
  const cutOff = candidacies.flatMap(({ rejections }) => rejections).filter(isCutOff)
  return [...new Set([...silent, ...cutOff].map(({ message }) => `${message}; the run continues without this engine`))]
}

function isCutOff({ code }: EngineError): boolean {
  return code === 'ENGINE_CANNOT_REACH_REGISTRY'
}
