import type { Node } from '../graph/node.js'
import { repositoryOf } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { Statement } from './image/attestation/attestation.js'
import { readStatements } from './image/attestation/stored-statements.js'
import { indexStatement } from './index/index-attestation.js'
import type { Output } from './step.js'

/**
 * The statements that a run makes on the result of a node: those of an image are read, that of an index is computed
 * from its images and their statements.
 */
export async function statementsOn(
  node: Node | undefined,
  output: Output,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Statement[]> {
  if (node?.kind === 'index') return node.provenance ? [await indexStatement(node, output, registry, call)] : []
  const { reference, attestation } = output
  if (attestation === undefined) return []
  return readStatements({ ...repositoryOf(reference), digest: attestation.descriptor.digest }, registry, call)
}
