import type { BaseNode, Graph } from '../graph/node.js'
import { errorData } from '../model/error-data.js'
import { type EngineError, throwIfCancelled } from '../model/errors.js'
import type { RunEvent } from '../model/events.js'
import { type NodePlan, PLAN_VERSION, type Plan, type PlanAction } from '../model/plan.js'
import type { PlanReason } from '../model/plan-reason.js'
import type { Platform } from '../model/platform.js'
import type { PublishedName } from '../steps/published-names.js'
import type { World } from '../steps/step.js'
import { executionOn, type Preflight, preflight } from './preflight.js'
import { reasonText } from './reason-text.js'
import { type SurveyedNode, survey } from './survey.js'
import { planTags } from './tag-plan.js'

/** What planning starts from. */
export interface PlanningInput {
  readonly graph: Graph
  /** Ids of the nodes whose results are asked for. */
  readonly targets: ReadonlySet<string>
  readonly names: readonly PublishedName[]
  readonly notes: readonly string[]
  /** Names the binfmt_misc entry that a platform's emulator is registered under. */
  readonly missingEmulator: (platform: Platform) => string | undefined
}

/** A plan, with what was learnt on the way to it. */
export interface Planned {
  readonly plan: Plan
  readonly nodes: ReadonlyMap<string, SurveyedNode>
  /** The errors behind the plan's problems. */
  readonly problems: readonly EngineError[]
}

/** What planning takes beside its input. */
export interface PlanningCall {
  readonly signal?: AbortSignal | undefined
  readonly emit?: ((event: RunEvent) => void) | undefined
}

/** Finds out what a run would do. Writes nothing anywhere. @throws DefinitionError, RegistryError, HostError */
export async function makePlan(input: PlanningInput, world: World, call: PlanningCall = {}): Promise<Planned> {
  const { signal, emit } = call
  throwIfCancelled(signal)
  const notes = [...input.notes]
  const nodes = await survey(input.graph, input.targets, world, ({ id }) => ({
    signal,
    onEvent: (event) => {
      if (event.kind === 'note') notes.push(event.message)
      emit?.({ kind: 'work', at: Date.now(), node: id, event })
    },
  }))
  throwIfCancelled(signal)
  const toDo = input.graph.nodes.filter(({ id }) => nodes.get(id)?.wanted)
  const [checked, tags] = await Promise.all([
    preflight(toDo, world, input.missingEmulator, { signal }),
    planTags(input.names, nodes, world.registry, { signal }),
  ])
  const plan: Plan = {
    version: PLAN_VERSION,
    nodes: input.graph.nodes.flatMap(({ id }) => {
      const surveyed = nodes.get(id)
      return surveyed === undefined ? [] : [nodePlan(surveyed, nodes, checked)]
    }),
    tags,
    problems: checked.problems.map(errorData),
    notes: [...new Set(notes)],
  }
  return { plan, nodes, problems: checked.problems }
}

function nodePlan(surveyed: SurveyedNode, all: ReadonlyMap<string, SurveyedNode>, { engine }: Preflight): NodePlan {
  const { node, considered, output } = surveyed
  const after = node.decidedBy.filter((need) => all.get(need)?.output === undefined)
  const action = actionOf(surveyed)
  const why = whyOf(action, after)
  const platform = node.kind === 'base' || node.kind === 'image' ? node.platform : undefined
  const isBuilt = node.kind === 'image' && surveyed.wanted
  const execution = isBuilt && engine !== undefined ? executionOn(engine, node.platform) : undefined
  return {
    node: node.id,
    pipeline: node.pipeline,
    kind: node.kind,
    action,
    why,
    reason: reasonText(why),
    needs: node.needs,
    ...(platform !== undefined && { platform }),
    ...(after.length > 0 && { after }),
    ...(considered !== undefined && { key: considered.key }),
    ...(output !== undefined && { digest: output.descriptor.digest }),
    ...(execution !== undefined && { execution }),
  }
}

function actionOf({ node, considered, wanted }: SurveyedNode): PlanAction {
  if (considered?.finding.state === 'present') return 'reuse'
  if (!wanted) return 'not-needed'
  if (considered === undefined) return 'known-after'
  return node.kind === 'base' ? baseAction(node) : 'create'
}

/** Whether the bytes of a base come from its own registry, from another one, or into being. */
function baseAction({ source, repository }: BaseNode): PlanAction {
  switch (source.kind) {
    case 'registry':
      return source.reference.registry === repository.registry ? 'mount' : 'copy'
    case 'pipeline':
      return 'mount'
    default:
      return 'create'
  }
}

function whyOf(action: PlanAction, after: readonly string[]): readonly PlanReason[] {
  switch (action) {
    case 'reuse':
      return [{ kind: 'present' }]
    case 'not-needed':
      return [{ kind: 'unneeded' }]
    case 'known-after':
      return [{ kind: 'waiting', after }]
    default:
      return [{ kind: 'absent' }]
  }
}
