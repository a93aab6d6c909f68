import { LIMITS } from '../../../model/limits.js'
import { isIndex } from '../../../model/oci.js'
import type { ManifestReference } from '../../../model/reference.js'
import { allOrNone } from '../../../registry/all-or-none.js'
import { readBytes } from '../../../registry/blobs/small-blob.js'
import type { Registry, RegistryCall } from '../../../registry/port.js'
import { STATEMENT_TYPE } from '../../../trust/signatures/dsse.js'
import { PREDICATE_ANNOTATION, type Statement } from './attestation.js'

/** Reads the statements of an attestation manifest, of one predicate type or of all; none if it does not exist. */
export async function readStatements(
  { predicateType, ...attestation }: ManifestReference & { readonly predicateType?: string },
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Statement[]> {
  const found = await registry.getManifest(attestation, call)
  if (found === undefined || isIndex(found.content)) return []
  const layers = found.content.layers.filter(
    ({ mediaType, annotations }) =>
      mediaType === STATEMENT_TYPE &&
      (predicateType === undefined || annotations?.[PREDICATE_ANNOTATION] === predicateType),
  )
  return allOrNone(layers, call, async (layer, own) => ({
    bytes: await readBytes(attestation, { ...layer, limit: LIMITS.attestation }, registry, own),
    annotations: layer.annotations ?? {},
  }))
}
