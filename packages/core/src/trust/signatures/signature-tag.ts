import { LIMITS } from '../../model/limits.js'
import { formatRepository, type ManifestReference } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { readBytes } from '../../registry/blobs/small-blob.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { PublicKey } from '../keys/public-key.js'
import type { SigningKey } from '../keys/signing-key.js'
import { addToCosignTag, type CosignTag, readCosignTag } from './cosign-tag.js'
import { isPayloadOf, PAYLOAD_TYPE, SIGNATURE_ANNOTATION, simplePayload } from './simple-signing.js'

/** Whether a key has signed a manifest in the way of cosign 2: under the tag `sha256-….sig`. */
export async function hasSignatureTag(
  subject: ManifestReference,
  key: PublicKey,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const payloads = await readCosignTag(tagOf(subject), registry, call)
  const short = payloads.filter(({ size }) => size <= LIMITS.signature)
  const found = await allOrNone(short, call, async (payload, own) => {
    const signature = Buffer.from(payload.annotations?.[SIGNATURE_ANNOTATION] ?? '', 'base64')
    const bytes = await readBytes(subject, { ...payload, limit: LIMITS.signature }, registry, own)
    return key.verifies(bytes, signature) && isPayloadOf(bytes, subject.digest)
  })
  return found.includes(true)
}

/** Signs a manifest in the way of cosign 2. The tag keeps the signatures that it has. */
export async function writeSignatureTag(
  subject: ManifestReference,
  key: SigningKey,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const bytes = simplePayload(formatRepository(subject), subject.digest)
  const signature = Buffer.from(await key.sign(bytes)).toString('base64')
  await addToCosignTag(tagOf(subject), [{ bytes, annotations: { [SIGNATURE_ANNOTATION]: signature } }], registry, call)
}

function tagOf(subject: ManifestReference): CosignTag {
  return { subject, suffix: '.sig', mediaType: PAYLOAD_TYPE }
}
