import type { Digest } from '../../model/digest.js'
import type { JsonObject } from '../../model/json-fields.js'
import { LIMITS } from '../../model/limits.js'
import { type Descriptor, isIndex, MEDIA_TYPES } from '../../model/oci.js'
import type { Repository } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { readBytes } from '../../registry/blobs/small-blob.js'
import { putArtifact } from '../../registry/manifests/artifact.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { PublicKey } from '../keys/public-key.js'
import type { SigningKey } from '../keys/signing-key.js'
import { BUNDLE_TYPE, BUNDLE_TYPES, keyBundle, readBundle } from './bundle.js'
import { signStatement, verifiedStatement } from './dsse.js'
import { SIGN_PREDICATE, signsSubject, statementOn } from './statement.js'

const CONTENT = 'dev.sigstore.bundle.content'
const PREDICATE = 'dev.sigstore.bundle.predicateType'

/** Whether a key has signed a manifest in the way of cosign 3: by a bundle that refers to it. */
export async function hasSignatureBundle(
  repository: Repository,
  subject: Digest,
  key: PublicKey,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const bundles = await readBundles(repository, subject, registry, call)
  return bundles.some(({ dsseEnvelope }) => signsSubject(verifiedStatement(dsseEnvelope, key), subject))
}

/** Signs a manifest in the way of cosign 3. */
export async function writeSignatureBundle(
  repository: Repository,
  subject: Descriptor,
  key: SigningKey,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const statement = statementOn(subject.digest, SIGN_PREDICATE, {})
  const bundle = keyBundle(await signStatement(statement, key), key.publicKey)
  await putBundle(repository, subject, { bundle, predicateType: SIGN_PREDICATE }, registry, call)
}

/** Attaches a bundle to a manifest, with the annotations by which cosign 3 finds it. */
export async function putBundle(
  repository: Repository,
  subject: Descriptor,
  { bundle, predicateType }: { readonly bundle: Uint8Array; readonly predicateType: string },
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const artifact = {
    artifactType: BUNDLE_TYPE,
    subject,
    layers: [{ mediaType: BUNDLE_TYPE, bytes: bundle }],
    annotations: { [CONTENT]: 'dsse-envelope', [PREDICATE]: predicateType },
  }
  await putArtifact(repository, artifact, registry, call)
}

/** Reads the bundles with which an image is signed. Anybody may have written them. */
export async function readBundles(
  repository: Repository,
  subject: Digest,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly JsonObject[]> {
  const referrers = await registry.listReferrers(repository, subject, { ...call, fresh: true })
  const candidates = referrers.filter(mayBeSignature).slice(0, LIMITS.signatures)
  const bundles = await allOrNone(candidates, call, (one, own) => readReferrer(repository, one, registry, own))
  return bundles.filter((bundle) => bundle !== undefined)
}

/** Cosign lists its bundles under a fallback tag with the type of their config, and without annotations. */
function mayBeSignature({ artifactType, annotations }: Descriptor): boolean {
  const isType = artifactType === undefined || artifactType === MEDIA_TYPES.ociEmpty
  return (
    (isType || artifactType.startsWith(BUNDLE_TYPES)) && (annotations?.[PREDICATE] ?? SIGN_PREDICATE) === SIGN_PREDICATE
  )
}

async function readReferrer(
  repository: Repository,
  { digest }: Descriptor,
  registry: Registry,
  call: RegistryCall,
): Promise<JsonObject | undefined> {
  const found = await registry.getManifest({ ...repository, digest }, { ...call, fresh: true })
  if (found === undefined || isIndex(found.content)) return undefined
  const layer = found.content.layers.find(
    ({ mediaType, size }) => mediaType.startsWith(BUNDLE_TYPES) && size <= LIMITS.signature,
  )
  return layer && readBundle(await readBytes(repository, layer, LIMITS.signature, registry, call))
}
