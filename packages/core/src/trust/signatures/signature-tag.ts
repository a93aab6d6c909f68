import { LIMITS } from '../../model/limits.js'
import { formatRepository, type ManifestReference } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { readBytes } from '../../registry/blobs/small-blob.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { PayloadVerifier, Signer } from '../signer.js'
import { addToCosignTag, type CosignTag, readCosignTag } from './cosign-tag.js'
import { isPayloadOf, PAYLOAD_TYPE, simplePayload } from './simple-signing.js'

/** Whether a signer has signed a manifest in cosign 2's format: under the tag `sha256-….sig`. */
export async function hasSignatureTag(
  subject: ManifestReference,
  verifier: PayloadVerifier,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const payloads = await readCosignTag(tagOf(subject), registry, call)
  const short = payloads.filter(({ size }) => size <= LIMITS.signature)
  const found = await allOrNone(short, call, async (payload, own) => {
    const bytes = await readBytes(subject, { ...payload, limit: LIMITS.signature }, registry, own)
    return isPayloadOf(bytes, subject.digest) && verifier.verifiesPayload(bytes, payload.annotations ?? {})
  })
  return found.includes(true)
}

/** Signs a manifest in cosign 2's format. The tag keeps the signatures that it has. */
export async function writeSignatureTag(
  subject: ManifestReference,
  signer: Pick<Signer, 'signPayload'>,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const bytes = simplePayload(formatRepository(subject), subject.digest)
  await addToCosignTag(tagOf(subject), [{ bytes, annotations: await signer.signPayload(bytes) }], registry, call)
}

function tagOf(subject: ManifestReference): CosignTag {
  return { subject, suffix: '.sig', mediaType: PAYLOAD_TYPE }
}
