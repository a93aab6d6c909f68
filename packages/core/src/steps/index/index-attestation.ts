import type { IndexNode } from '../../graph/node.js'
import { isAttestation } from '../../model/oci.js'
import { formatRepository, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { putArtifact } from '../../registry/manifests/artifact.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { STATEMENT_TYPE } from '../../trust/signatures/dsse.js'
import { makeStatement, type Statement } from '../image/attestation/attestation.js'
import { indexProvenance, PROVENANCE_PREDICATE } from '../image/attestation/provenance.js'
import type { Output, StepCall, StepServices } from '../step.js'
import { runOf } from './image-runs.js'

/** The statement with the images of a final index and the runs that built them, which are read. Equal images give equal bytes. */
export async function indexStatement(
  { pipeline }: Pick<IndexNode, 'pipeline'>,
  { reference, descriptor, children = [] }: Output,
  registry: Registry,
  call: RegistryCall,
): Promise<Statement> {
  const name = formatRepository(reference)
  const place = { ...repositoryOf(reference), entries: children }
  const listed = children.filter((child) => !isAttestation(child))
  const read = await allOrNone(listed, call, async (child, own) => {
    const { platform, digest } = child
    if (platform === undefined) return undefined
    return { name, digest, platform, invocationId: await runOf(child, place, registry, own) }
  })
  const images = read.filter((image) => image !== undefined)
  return makeStatement(descriptor.digest, PROVENANCE_PREDICATE, indexProvenance(pipeline, images))
}

/** Attaches its statement to a final index. */
export async function attestIndex(
  node: IndexNode,
  output: Output,
  { registry }: Pick<StepServices, 'registry'>,
  call: StepCall,
): Promise<void> {
  const statement = await indexStatement(node, output, registry, call)
  const artifact = {
    artifactType: STATEMENT_TYPE,
    subject: output.descriptor,
    layers: [{ ...statement, mediaType: STATEMENT_TYPE }],
    annotations: statement.annotations,
  }
  await putArtifact(repositoryOf(output.reference), artifact, registry, call)
}
