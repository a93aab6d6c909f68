import type { Graph } from '../graph/node.js'
import { formatReference } from '../model/reference.js'
import type { RunEvent } from '../model/run/events.js'
import { allOrNone } from '../registry/all-or-none.js'
import type { Registry } from '../registry/port.js'
import type { SignedResult } from '../steps/published-names.js'
import { statementsOn } from '../steps/statements.js'
import { signManifest } from '../trust/sign.js'
import type { Signer } from '../trust/signer.js'
import type { NodeResult } from './execution.js'

/** Input of signing. */
export interface SigningInput {
  readonly graph: Graph
  readonly signed: readonly SignedResult[]
  readonly signer: Signer
  readonly results: ReadonlyMap<string, NodeResult>
  readonly signal?: AbortSignal | undefined
  readonly emit: (event: RunEvent) => void
}

/**
 * Signs unsigned results, each in its repository. Names in other repositories get the signatures with a copy of the
 * image.
 */
export async function signResults(
  { graph, signed, signer, results, signal, emit }: SigningInput,
  registry: Registry,
): Promise<void> {
  const definitions = new Map(graph.nodes.map((node) => [node.id, node]))
  const nodes = [...new Set(signed.map(({ node }) => node))]
  await allOrNone(nodes, { signal }, async (node, call) => {
    // An optional platform that failed has no result.
    const output = results.get(node)?.output
    if (output === undefined) return
    const { reference, descriptor } = output
    const statements = await statementsOn(definitions.get(node), output, registry, call)
    const isNew = await signManifest({ ...reference, descriptor, statements }, signer, registry, call)
    emit({ kind: isNew ? 'signed' : 'signature-kept', at: Date.now(), reference: formatReference(reference) })
  })
}
