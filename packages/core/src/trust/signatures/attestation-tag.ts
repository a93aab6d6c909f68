import { LIMITS } from '../../model/limits.js'
import type { ManifestReference } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { readBytes } from '../../registry/blobs/small-blob.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { BundleVerifier } from '../signer.js'
import { readBundle } from './bundle.js'
import { addToCosignTag, type CosignTag, readCosignTag } from './cosign-tag.js'
import { bundleOfEnvelope, materialAnnotations } from './payload-signature.js'
import type { StatementBundle } from './signature-bundle.js'
import { SIGNATURE_ANNOTATION } from './simple-signing.js'

const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json'

/** Annotation of an envelope under a tag of cosign 2 with the predicate type of its statement. */
export const TAGGED_PREDICATE_ANNOTATION = 'predicateType'

/** Reads the statements of some types that a signer has signed, in cosign 2's format: under the tag `sha256-….att`. */
export async function readTaggedStatements(
  subject: ManifestReference,
  { verifier, types }: { readonly verifier: BundleVerifier; readonly types: readonly string[] },
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Buffer[]> {
  const layers = await readCosignTag(tagOf(subject), registry, call)
  const wanted = layers.filter(
    ({ size, annotations }) =>
      size <= LIMITS.bundle && types.includes(annotations?.[TAGGED_PREDICATE_ANNOTATION] ?? types[0] ?? ''),
  )
  const found = await allOrNone(wanted, call, async (layer, own) => {
    const envelope = readBundle(await readBytes(subject, { ...layer, limit: LIMITS.bundle }, registry, own))
    return verifier.verified(bundleOfEnvelope(envelope, layer.annotations ?? {}))
  })
  return found.filter((statement) => statement !== undefined)
}

/** Writes signed statements on a manifest in cosign 2's format. The tag keeps the statements that it has. */
export async function writeTaggedStatements(
  subject: ManifestReference,
  bundles: readonly StatementBundle[],
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const layers = bundles.map(({ bytes, predicateType }) => {
    const bundle = readBundle(bytes)
    // cosign 2 writes the annotation of signatures, empty.
    const annotations = { [SIGNATURE_ANNOTATION]: '', [TAGGED_PREDICATE_ANNOTATION]: predicateType }
    return {
      // The log has the hash of these bytes.
      bytes: Buffer.from(JSON.stringify(bundle['dsseEnvelope'])),
      annotations: { ...annotations, ...materialAnnotations(bundle) },
    }
  })
  await addToCosignTag(tagOf(subject), layers, registry, call)
}

function tagOf(subject: ManifestReference): CosignTag {
  return { subject, suffix: '.att', mediaType: ENVELOPE_TYPE }
}
