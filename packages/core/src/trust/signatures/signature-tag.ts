import { LIMITS } from '../../model/limits.js'
import { type Descriptor, encodeManifest, isIndex, MEDIA_TYPES, type StoredManifest } from '../../model/oci.js'
import { formatRepository, type ManifestReference, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { blobOf, readBytes } from '../../registry/blobs/small-blob.js'
import { cosignReference } from '../../registry/manifests/cosign-tags.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { PublicKey } from '../keys/public-key.js'
import type { SigningKey } from '../keys/signing-key.js'
import { isPayloadOf, PAYLOAD_TYPE, SIGNATURE_ANNOTATION, signatureConfig, simplePayload } from './simple-signing.js'

/** Whether a key has signed a manifest in the way of cosign 2: under the tag `sha256-….sig`. */
export async function hasSignatureTag(
  subject: ManifestReference,
  key: PublicKey,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const stored = await readTag(subject, registry, call)
  const payloads = payloadsOf(stored)
    .filter(({ size }) => size <= LIMITS.signature)
    .slice(0, LIMITS.signatures)
  const found = await allOrNone(payloads, call, async (payload, own) => {
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
  const repository = repositoryOf(subject)
  const payload = simplePayload(formatRepository(repository), subject.digest)
  const signature = Buffer.from(await key.sign(payload)).toString('base64')
  const blob = blobOf(payload, PAYLOAD_TYPE)
  const stored = await readTag(subject, registry, call)
  const layers = [...payloadsOf(stored), { ...blob.descriptor, annotations: { [SIGNATURE_ANNOTATION]: signature } }]
  const config = blobOf(signatureConfig(layers.map(({ digest }) => digest)), MEDIA_TYPES.ociConfig)
  await allOrNone([blob, config], call, (one, own) => registry.writeBlob(repository, one, own))
  const content = { schemaVersion: 2 as const, config: config.descriptor, layers }
  await registry.putManifest(
    cosignReference(repository, subject.digest, '.sig'),
    encodeManifest(content, MEDIA_TYPES.ociManifest),
    call,
  )
}

function readTag(
  { digest, ...repository }: ManifestReference,
  registry: Registry,
  call: RegistryCall,
): Promise<StoredManifest | undefined> {
  return registry.getManifest(cosignReference(repositoryOf(repository), digest, '.sig'), { ...call, fresh: true })
}

function payloadsOf(stored: StoredManifest | undefined): readonly Descriptor[] {
  if (stored === undefined || isIndex(stored.content)) return []
  return stored.content.layers.filter(({ mediaType }) => mediaType === PAYLOAD_TYPE)
}
