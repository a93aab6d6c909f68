import type { Node } from '../graph/node.js'
import { LIMITS } from '../model/limits.js'
import { isIndex } from '../model/oci.js'
import { repositoryOf } from '../model/reference.js'
import { allOrNone } from '../registry/all-or-none.js'
import { readBytes } from '../registry/blobs/small-blob.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import { STATEMENT_TYPE } from '../trust/signatures/dsse.js'
import type { Statement } from './image/attestation/attestation.js'
import { indexStatement } from './index/index-attestation.js'
import type { Output } from './step.js'

/** The statements that a run makes on the result of a node: those of an image are read, that of an index is computed. */
export async function statementsOn(
  node: Node | undefined,
  output: Output,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Statement[]> {
  if (node?.kind === 'index') return node.provenance ? [indexStatement(node, output)] : []
  return output.attestation === undefined ? [] : readStatements(output, output.attestation, registry, call)
}

async function readStatements(
  { reference }: Output,
  { descriptor: { digest } }: NonNullable<Output['attestation']>,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Statement[]> {
  const repository = repositoryOf(reference)
  const found = await registry.getManifest({ ...repository, digest }, call)
  if (found === undefined || isIndex(found.content)) return []
  const layers = found.content.layers.filter(({ mediaType }) => mediaType === STATEMENT_TYPE)
  return allOrNone(layers, call, async (layer, own) => ({
    bytes: await readBytes(repository, { ...layer, limit: LIMITS.attestation }, registry, own),
    annotations: layer.annotations ?? {},
  }))
}
