import { formatRepository } from '../model/reference.js'
import type { SignaturePlan } from '../model/run/plan.js'
import { allOrNone } from '../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { SignedResult } from '../steps/published-names.js'
import type { SigningKey } from '../trust/keys/signing-key.js'
import { missingSignatures } from '../trust/sign.js'
import type { NodeState } from './evaluate.js'

/** Returns which results have signatures of the key already. */
export function planSignatures(
  results: readonly SignedResult[],
  key: SigningKey,
  nodes: ReadonlyMap<string, NodeState>,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly SignaturePlan[]> {
  return allOrNone(results, call, async ({ node, repository }, own): Promise<SignaturePlan> => {
    const descriptor = nodes.get(node)?.output?.descriptor
    const plan = { node, repository: formatRepository(repository) }
    if (descriptor === undefined) return { ...plan, action: 'known-after' }
    const missing = await missingSignatures({ ...repository, descriptor }, key, registry, own)
    return { ...plan, action: missing.bundle || missing.tag ? 'sign' : 'keep', digest: descriptor.digest }
  })
}
