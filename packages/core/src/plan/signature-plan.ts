import { formatRepository } from '../model/reference.js'
import type { SignaturePlan } from '../model/run/plan.js'
import { allOrNone } from '../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { SignedResult } from '../steps/published-names.js'
import { statementsOn } from '../steps/statements.js'
import { isUnsigned, missingSignatures } from '../trust/sign.js'
import type { Signer } from '../trust/signer.js'
import type { NodeState } from './evaluate.js'

/** The results that a run signs, and the signer. */
export interface Signing {
  readonly results: readonly SignedResult[]
  readonly signer: Signer
}

/** Returns the planned signature of each result. */
export function planSignatures(
  { results, signer }: Signing,
  nodes: ReadonlyMap<string, NodeState>,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly SignaturePlan[]> {
  return allOrNone(results, call, async ({ node, repository }, own): Promise<SignaturePlan> => {
    const { node: definition, output, required } = nodes.get(node) ?? {}
    const plan = { node, repository: formatRepository(repository) }
    if (output === undefined) return { ...plan, action: 'known-after' }
    const { descriptor } = output
    // Statements on a new result are made with it.
    const statements = required ? [] : await statementsOn(definition, output, registry, own)
    const missing = await missingSignatures({ ...repository, descriptor, statements }, signer, registry, own)
    return { ...plan, action: required || isUnsigned(missing) ? 'sign' : 'keep', digest: descriptor.digest }
  })
}
