import { type Candidacy, type Candidate, claimOf, firstUse } from '../builder/pool/pool.js'
import type { Builder, DescribeCall } from '../builder/port.js'
import { type ImageNode, type Node, needsBuilder, type TestNode } from '../graph/node.js'
import type { Environment } from '../host/environment.js'
import type { EngineError, PolyarchError } from '../model/errors.js'
import type { EngineUse } from '../model/run/engine-use.js'
import type { EnginePlan } from '../model/run/plan.js'
import { missingSecrets } from '../steps/image/secrets/build-secrets.js'
import type { StepCall } from '../steps/step.js'
import { type CandidateRules, findCandidates } from './candidates.js'
import { type AnsweringBuilder, builderPlan, describeForBuilds, type QueriedBuilder } from './query-builders.js'
import { findUnreachableRegistries } from './reachability.js'

type BuilderNode = ImageNode | TestNode

/** State of the builders before anything is sent to them. */
export interface Preflight {
  /** Empty if nothing must be built. */
  readonly builders: readonly EnginePlan[]
  /** The builders that can build each image, or run each test, by node. */
  readonly candidacies: ReadonlyMap<string, Candidacy>
  /** The rules by which the builders were found. */
  readonly rules: CandidateRules
  readonly errors: readonly PolyarchError[]
  readonly notes: readonly string[]
}

/** The sources of the checks. */
export interface PreflightSources {
  readonly queryBuilders: () => Promise<readonly QueriedBuilder[]>
  readonly findCrossBuilt: () => Promise<ReadonlySet<string>>
}

/** Options of the checks. */
export interface PreflightOptions extends Pick<CandidateRules, 'emulates'> {
  /** The variables that hold secrets. */
  readonly env: Environment
}

/** Checks whether the builders can build what is missing, and run its tests. Reads only; queries no builder if there is nothing to build. */
export async function preflight(
  images: readonly BuilderNode[],
  { queryBuilders, findCrossBuilt }: PreflightSources,
  { env, emulates }: PreflightOptions,
  call: StepCall,
): Promise<Preflight> {
  if (images.length === 0) {
    const rules = { emulates, declared: [], crossBuilt: new Set<string>() }
    return { builders: [], candidacies: new Map(), rules, errors: [], notes: [] }
  }
  const [queried, crossBuilt] = await Promise.all([queryBuilders(), findCrossBuilt()])
  const answering = queried.filter((one) => 'info' in one)
  const rules = { emulates, declared: declaredOf(answering), crossBuilt }
  const possible = new Map(images.map((image) => [image, findCandidates(image, answering, rules)]))
  const reached = await keepReaching(possible, call)
  const missing = await Promise.all(images.map((image) => missingSecretsOf(image, env)))
  const failures = queried.flatMap((one) => ('failure' in one ? [one.failure] : []))
  const unbuildable = images.filter((image) => !image.optional && reached.get(image)?.candidates.length === 0)
  const rejections = unbuildable.flatMap((image) => reached.get(image)?.rejections ?? [])
  const isShort = unbuildable.length > 0 || answering.length === 0
  return {
    builders: queried.map(builderPlan),
    candidacies: new Map([...reached].map(([{ id }, candidacy]) => [id, candidacy])),
    rules,
    // Several images have the same error if a builder cannot reach their registry.
    errors: [...new Set([...rejections, ...missing.flat(), ...(isShort ? failures : [])])],
    notes: isShort ? [] : notesOn(queried, [...reached.values()]),
  }
}

function declaredOf(builders: readonly AnsweringBuilder[]): CandidateRules['declared'] {
  return builders.flatMap(({ info }) => info.declared ?? [])
}

/** The builder that gets a build if all of them are free. */
export function plannedUse({ candidacies }: Preflight, node: Node): EngineUse | undefined {
  const candidates = candidacies.get(node.id)?.candidates
  return candidates !== undefined && needsBuilder(node) ? firstUse(claimOf(node, candidates)) : undefined
}

/**
 * Finds the nodes that a joining builder can build.
 *
 * @returns the builder as a candidate, by node.
 * @throws EngineError if it does not answer
 */
export async function candidatesOn(
  builder: Builder,
  nodes: readonly BuilderNode[],
  rules: CandidateRules,
  call: DescribeCall,
): Promise<ReadonlyMap<string, Candidate>> {
  const answering = await describeForBuilds(builder, call, true)
  const possible = new Map(nodes.map((node) => [node, findCandidates(node, [answering], rules)]))
  const reached = await keepReaching(possible, { signal: call.signal })
  return new Map([...reached].flatMap(([{ id }, { candidates }]) => candidates.map((one) => [id, one] as const)))
}

async function missingSecretsOf(node: BuilderNode, env: Environment): Promise<readonly PolyarchError[]> {
  const { id, optional } = node
  const missing = optional || node.kind !== 'image' ? [] : await missingSecrets(node.build, env)
  for (const error of missing) error.node = id
  return missing
}

/** Removes builders that cannot reach the registry of an image. Only builders that could build it are checked. */
async function keepReaching(
  possible: ReadonlyMap<BuilderNode, Candidacy>,
  call: StepCall,
): Promise<ReadonlyMap<BuilderNode, Candidacy>> {
  const builders = new Set([...possible.values()].flatMap(({ candidates }) => candidates.map(({ builder }) => builder)))
  const entries = [...builders].map(async (builder) => {
    const images = [...possible].flatMap(([image, { candidates }]) =>
      candidates.some((one) => one.builder === builder) ? [image] : [],
    )
    return [builder, await findUnreachableRegistries(images, builder, call)] as const
  })
  const unreachable = new Map<Builder, ReadonlyMap<string, EngineError>>(await Promise.all(entries))
  const errorOf = ({ repository }: BuilderNode, builder: Builder) => unreachable.get(builder)?.get(repository.registry)
  return new Map(
    [...possible].map(([image, { candidates, rejections }]) => {
      const errors = candidates.flatMap(({ builder }) => errorOf(image, builder) ?? [])
      const left = candidates.filter(({ builder }) => errorOf(image, builder) === undefined)
      return [image, { candidates: left, rejections: [...rejections, ...errors] }]
    }),
  )
}

/** Notes on builders that the run does not use, if the others suffice. */
function notesOn(queried: readonly QueriedBuilder[], candidacies: readonly Candidacy[]): readonly string[] {
  const silent = queried.flatMap((one) => ('failure' in one ? [one.failure] : []))
  const cutOff = candidacies.flatMap(({ rejections }) => rejections).filter(isCutOff)
  return [...new Set([...silent, ...cutOff].map(({ message }) => `${message}; the run continues without this builder`))]
}

function isCutOff({ code }: EngineError): boolean {
  return code === 'ENGINE_CANNOT_REACH_REGISTRY'
}
