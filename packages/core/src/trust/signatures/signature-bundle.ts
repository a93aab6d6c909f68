import type { JsonObject } from '../../model/json-fields.js'
import { LIMITS } from '../../model/limits.js'
import { type Descriptor, isIndex, MEDIA_TYPES } from '../../model/oci.js'
import { type ManifestReference, type Repository, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { readBytes } from '../../registry/blobs/small-blob.js'
import { putArtifact } from '../../registry/manifests/artifact.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import type { BundleVerifier } from '../signer.js'
import { BUNDLE_TYPE, BUNDLE_TYPES, readBundle } from './bundle.js'
import { SIGN_PREDICATE, signsSubject } from './statement.js'

const CONTENT = 'dev.sigstore.bundle.content'

/** Annotation of a bundle with the predicate type of its statement. */
export const BUNDLE_PREDICATE_ANNOTATION = 'dev.sigstore.bundle.predicateType'

/** The bytes of a bundle, and the predicate type of its statement. */
export interface StatementBundle {
  readonly bytes: Uint8Array
  readonly predicateType: string
}

/** Whether a signer has signed a manifest in cosign 3's format: by a bundle that refers to it. */
export async function hasSignatureBundle(
  subject: ManifestReference,
  verifier: BundleVerifier,
  registry: Registry,
  call: RegistryCall,
): Promise<boolean> {
  const statements = await readSignedStatements(subject, { verifier, types: [SIGN_PREDICATE] }, registry, call)
  return statements.some((statement) => signsSubject(statement, subject.digest))
}

/** Reads the statements on a manifest that a signer has signed, of the given predicate types. */
export async function readSignedStatements(
  subject: ManifestReference,
  { verifier, types }: { readonly verifier: BundleVerifier; readonly types: readonly string[] },
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Buffer[]> {
  const bundles = await readBundles(subject, types, registry, call)
  return bundles.flatMap((bundle) => verifier.verified(bundle) ?? [])
}

/** Attaches a bundle to a manifest, with the annotations by which cosign 3 finds it. */
export async function attachBundle(
  { descriptor, ...repository }: Repository & { readonly descriptor: Descriptor },
  { bytes, predicateType }: StatementBundle,
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const artifact = {
    artifactType: BUNDLE_TYPE,
    subject: descriptor,
    layers: [{ mediaType: BUNDLE_TYPE, bytes }],
    annotations: { [CONTENT]: 'dsse-envelope', [BUNDLE_PREDICATE_ANNOTATION]: predicateType },
  }
  await putArtifact(repository, artifact, registry, call)
}

/** Reads the bundles that refer to a manifest. They are untrusted. */
async function readBundles(
  subject: ManifestReference,
  types: readonly string[],
  registry: Registry,
  call: RegistryCall,
): Promise<readonly JsonObject[]> {
  const repository = repositoryOf(subject)
  const referrers = await registry.listReferrers(repository, subject.digest, { ...call, fresh: true })
  const candidates = referrers.filter((one) => mayBeBundle(one, types)).slice(0, LIMITS.signatures)
  const bundles = await allOrNone(candidates, call, (one, own) => readReferrer(repository, one, registry, own))
  return bundles.filter((bundle) => bundle !== undefined)
}

/** Cosign lists its bundles under a fallback tag with the type of their config, and without annotations. */
function mayBeBundle({ artifactType, annotations }: Descriptor, types: readonly string[]): boolean {
  const isType = artifactType === undefined || artifactType === MEDIA_TYPES.ociEmpty
  const predicateType = annotations?.[BUNDLE_PREDICATE_ANNOTATION]
  return (
    (isType || artifactType.startsWith(BUNDLE_TYPES)) && (predicateType === undefined || types.includes(predicateType))
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
    ({ mediaType, size }) => mediaType.startsWith(BUNDLE_TYPES) && size <= LIMITS.bundle,
  )
  return layer && readBundle(await readBytes(repository, { ...layer, limit: LIMITS.bundle }, registry, call))
}
