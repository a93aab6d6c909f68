import type { BaseNode, Node } from '../graph/node.js'
import type { PlanAction } from '../model/run/plan.js'
import type { PlanReason } from '../model/run/plan-reason.js'
import type { StepCall } from '../steps/step.js'
import type { NodeState } from './evaluate.js'

/** Why each node is treated as it is, by id. Only what has to be made is compared with what is published. */
export async function explainAll(
  nodes: readonly NodeState[],
  callOf: (node: Node) => StepCall,
): Promise<ReadonlyMap<string, readonly PlanReason[]>> {
  const byId = new Map(nodes.map((one) => [one.node.id, one]))
  const entries = nodes.map(async (one) => [one.node.id, await explain(one, byId, callOf(one.node))] as const)
  return new Map(await Promise.all(entries))
}

async function explain(
  { resolved, considered, finding, implied, wanted }: NodeState,
  all: ReadonlyMap<string, NodeState>,
  call: StepCall,
): Promise<readonly PlanReason[]> {
  if (finding?.state === 'present' && !implied) return [{ kind: 'present' }]
  if (!wanted) return [{ kind: 'unneeded' }]
  if (considered !== undefined) return considered.explain(call)
  return [{ kind: 'waiting', after: resolved.decidedBy.filter((need) => all.get(need)?.output === undefined) }]
}

/** Returns the action of a run on a node. */
export function actionOf({ node, considered, finding, wanted }: NodeState, why: readonly PlanReason[]): PlanAction {
  if (finding?.state === 'present') return 'reuse'
  if (!wanted) return 'not-needed'
  if (considered === undefined) return 'known-after'
  if (node.kind === 'base') return baseAction(node)
  return node.kind === 'image' && !why.some(isNew) ? 'rebuild' : 'create'
}

function isNew({ kind }: PlanReason): boolean {
  return kind === 'absent' || kind === 'new-platform'
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
