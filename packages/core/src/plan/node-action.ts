import type { BaseNode, Node } from '../graph/node.js'
import { mapLimited } from '../model/async/map-limited.js'
import type { PlanAction } from '../model/run/plan.js'
import type { PlanReason } from '../model/run/plan-reason.js'
import type { StepCall } from '../steps/step.js'
import type { NodeState } from './evaluate.js'

/** The reasons for the action on each node, by id. Only required nodes are compared with the published state. */
export async function explainAll(
  nodes: readonly NodeState[],
  callOf: (node: Node) => StepCall,
  skipsTests: boolean,
): Promise<ReadonlyMap<string, readonly PlanReason[]>> {
  const byId = new Map(nodes.map((one) => [one.node.id, one]))
  const entries = await mapLimited(nodes, async (one) => {
    const isSkipped = skipsTests && one.node.kind === 'test'
    const why: readonly PlanReason[] = isSkipped
      ? [{ kind: 'tests-skipped' }]
      : await explain(one, byId, callOf(one.node))
    return [one.node.id, why] as const
  })
  return new Map(entries)
}

async function explain(
  { resolved, keyed, lookupResult, implied, required }: NodeState,
  all: ReadonlyMap<string, NodeState>,
  call: StepCall,
): Promise<readonly PlanReason[]> {
  if (lookupResult?.state === 'present' && !implied) return [{ kind: 'present' }]
  if (!required) return [{ kind: 'unneeded' }]
  if (keyed !== undefined) return keyed.explain(call)
  return [{ kind: 'waiting', after: resolved.decidedBy.filter((need) => all.get(need)?.output === undefined) }]
}

/** Returns the action of a run on a node. */
export function actionOf({ node, keyed, lookupResult, required }: NodeState, why: readonly PlanReason[]): PlanAction {
  if (lookupResult?.state === 'present') return 'reuse'
  if (why.some(({ kind }) => kind === 'tests-skipped')) return 'skip'
  if (!required) return 'not-needed'
  if (keyed === undefined) return 'known-after'
  if (node.kind === 'base') return baseAction(node)
  if (node.kind === 'test') return 'run'
  return node.kind === 'image' && !why.some(isNew) ? 'rebuild' : 'create'
}

function isNew({ kind }: PlanReason): boolean {
  return kind === 'absent' || kind === 'new-platform'
}

/** Whether a base is mounted, copied or created. */
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
