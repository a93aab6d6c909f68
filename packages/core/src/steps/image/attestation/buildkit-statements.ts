import { type Digest, hexOf } from '../../../model/digest.js'
import { EngineError } from '../../../model/errors.js'
import { LIMITS } from '../../../model/limits.js'
import { attestedBy, type Descriptor, type ImageManifest, isAttestation, isIndex } from '../../../model/oci.js'
import { formatReference, type Reference, repositoryOf } from '../../../model/reference.js'
import { allOrNone } from '../../../registry/all-or-none.js'
import { readBytes } from '../../../registry/blobs/small-blob.js'
import type { Registry, RegistryCall } from '../../../registry/port.js'
import type { Statement } from './attestation.js'

/** An image whose manifest was rewritten, before and after. */
export interface RewrittenImage {
  readonly pushed: Digest
  readonly kept: Digest
}

/**
 * Reads BuildKit's statements on an image. They name the digest of the pushed manifest, which is replaced by the digest
 * of the published manifest over the same content.
 *
 * @param reference - the index that the builder pushed, with the image and its attestation
 * @throws EngineError BUILD_FAILED if the builder attested nothing, or if the attestation is too large
 */
export async function readBuildKitStatements(
  reference: Reference,
  { pushed, kept }: RewrittenImage,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Statement[]> {
  const { layers } = await readAttestation(reference, pushed, registry, call)
  return allOrNone(layers, call, async (layer, own): Promise<Statement> => {
    const text = (await readLayer(reference, layer, registry, own)).toString()
    return { bytes: Buffer.from(text.replaceAll(hexOf(pushed), hexOf(kept))), annotations: layer.annotations ?? {} }
  })
}

async function readAttestation(
  reference: Reference,
  image: Digest,
  registry: Registry,
  call: RegistryCall,
): Promise<ImageManifest> {
  const pushed = await registry.getManifest(reference, call)
  const entries = pushed !== undefined && isIndex(pushed.content) ? pushed.content.manifests : []
  const entry = entries.find((one) => isAttestation(one) && attestedBy(one) === image)
  const found = entry && (await registry.getManifest({ ...repositoryOf(reference), digest: entry.digest }, call))
  if (found !== undefined && !isIndex(found.content)) return found.content
  throw new EngineError('BUILD_FAILED', `the builder returned no attestation for ${formatReference(reference)}`, {
    hint: 'remove attest from the build, or use another builder',
  })
}

function readLayer(reference: Reference, layer: Descriptor, registry: Registry, call: RegistryCall): Promise<Buffer> {
  if (layer.size <= LIMITS.attestation)
    return readBytes(repositoryOf(reference), { ...layer, limit: LIMITS.attestation }, registry, call)
  const message = `the attestation has ${layer.size} bytes, more than the limit of ${LIMITS.attestation}`
  throw new EngineError('BUILD_FAILED', message, { hint: 'remove attest from the build' })
}
