import { mapLimited } from '../model/async/map-limited.js'
import { formatReference } from '../model/reference.js'
import type { TagPlan } from '../model/run/plan.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { PublishedName } from '../steps/published-names.js'
import type { NodeState } from './evaluate.js'
import type { Published } from './published.js'

/** Returns the current and the planned digest of each visible name. */
export function planTags(
  { names, published }: { readonly names: readonly PublishedName[]; readonly published: Published },
  nodes: ReadonlyMap<string, NodeState>,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly TagPlan[]> {
  return mapLimited(names, async ({ reference, node }): Promise<TagPlan> => {
    const seen = published.seen(reference) ?? (await registry.resolve(reference, { ...call, fresh: true }))
    const from = seen?.digest
    const to = nodes.get(node)?.output?.descriptor.digest
    return {
      reference: formatReference(reference),
      node,
      action: tagAction(from, to),
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    }
  })
}

function tagAction(from: string | undefined, to: string | undefined): TagPlan['action'] {
  if (to === undefined) return 'known-after'
  if (from === undefined) return 'create'
  return from === to ? 'keep' : 'move'
}
