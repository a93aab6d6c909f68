import type { IndexNode } from '../../graph/node.js'
import { isAttestation } from '../../model/oci.js'
import { formatRepository, repositoryOf } from '../../model/reference.js'
import { putArtifact } from '../../registry/manifests/artifact.js'
import { STATEMENT_TYPE } from '../../trust/signatures/dsse.js'
import { makeStatement, type Statement } from '../image/attestation/attestation.js'
import { indexProvenance, PROVENANCE_PREDICATE } from '../image/attestation/provenance.js'
import type { Output, StepCall, StepServices } from '../step.js'

/** The statement with the images of a final index. Equal indexes give equal bytes. */
export function indexStatement(
  { pipeline }: Pick<IndexNode, 'pipeline'>,
  { reference, descriptor, children = [] }: Output,
): Statement {
  const name = formatRepository(reference)
  const images = children.flatMap((child) => {
    const { platform, digest } = child
    return platform === undefined || isAttestation(child) ? [] : [{ name, digest, platform }]
  })
  return makeStatement(descriptor.digest, PROVENANCE_PREDICATE, indexProvenance(pipeline, images))
}

/** Attaches its statement to a final index. */
export async function attestIndex(
  node: IndexNode,
  output: Output,
  { registry }: Pick<StepServices, 'registry'>,
  call: StepCall,
): Promise<void> {
  const statement = indexStatement(node, output)
  const artifact = {
    artifactType: STATEMENT_TYPE,
    subject: output.descriptor,
    layers: [{ ...statement, mediaType: STATEMENT_TYPE }],
    annotations: statement.annotations,
  }
  await putArtifact(repositoryOf(output.reference), artifact, registry, call)
}
