import type { Digest } from '../../model/digest.js'
import { attestedBy, type Descriptor, isIndex, type StoredManifest } from '../../model/oci.js'
import { type ManifestReference, type Repository, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { cosignReference } from '../../registry/manifests/cosign-tags.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { PREDICATE_ANNOTATION } from '../../steps/image/attestation/attestation.js'
import { TAGGED_PREDICATE_ANNOTATION } from '../../trust/signatures/attestation-tag.js'
import { BUNDLE_TYPES } from '../../trust/signatures/bundle.js'
import { BUNDLE_PREDICATE_ANNOTATION } from '../../trust/signatures/signature-bundle.js'

/** A statement on an image or a signature of it, as it is stored; it is not verified. */
export interface InspectedAttestation {
  /** The image or index that it describes. */
  readonly subject: Digest
  /** `index`: listed beside the image. `referrer`: an artifact that refers to it. `tag`: a tag of cosign 2. */
  readonly stored: 'index' | 'referrer' | 'tag'
  /** `statement`: without a signature; `bundle`: a signed statement; `signature`: of cosign 2. */
  readonly kind: 'statement' | 'bundle' | 'signature'
  /** Type of the statement's predicate; of other referrers, their artifact type. */
  readonly type?: string
  /** Digest of the manifest that has it. */
  readonly digest: Digest
}

/** Lists the attestations of a manifest: in its index, as referrers, and under cosign's tags. */
export async function inspectAttestations(
  registry: Registry,
  { digest: subject, ...repository }: ManifestReference,
  listed: readonly Descriptor[],
  call: RegistryCall,
): Promise<readonly InspectedAttestation[]> {
  const place = repositoryOf(repository)
  const entries = listed.filter((entry) => attestedBy(entry) === subject)
  const [inIndex, referrers, signature, signed] = await Promise.all([
    allOrNone(entries, call, (entry, own) =>
      statementsIn(registry, place, { ...entry, subject, stored: 'index' }, own),
    ),
    registry.listReferrers(place, subject, call),
    registry.resolve(cosignReference(place, subject, '.sig'), call),
    registry.getManifest(cosignReference(place, subject, '.att'), call),
  ])
  const referring = await allOrNone(referrers, call, (entry, own) =>
    readReferrer(registry, { ...place, digest: subject }, entry, own),
  )
  const tagged = { subject, stored: 'tag' } as const
  return [
    ...inIndex.flat(),
    ...referring.flat(),
    ...(signature === undefined ? [] : [{ ...tagged, kind: 'signature' as const, digest: signature.digest }]),
    ...(signed === undefined ? [] : taggedStatements(signed).map((one) => ({ ...tagged, ...one }))),
  ]
}

/** The signed statements under a tag of cosign 2. */
function taggedStatements({ descriptor, content }: StoredManifest) {
  const types = isIndex(content)
    ? []
    : content.layers.map(({ annotations }) => annotations?.[TAGGED_PREDICATE_ANNOTATION])
  return types.map((type) => ({
    ...{ kind: 'bundle' as const, digest: descriptor.digest },
    ...(type !== undefined && { type }),
  }))
}

async function readReferrer(
  registry: Registry,
  { digest: subject, ...place }: ManifestReference,
  { digest, artifactType, annotations }: Descriptor,
  call: RegistryCall,
): Promise<readonly InspectedAttestation[]> {
  const predicateType = annotations?.[BUNDLE_PREDICATE_ANNOTATION]
  if (predicateType !== undefined) return [{ subject, stored: 'referrer', kind: 'bundle', type: predicateType, digest }]
  return statementsIn(registry, place, { digest, subject, stored: 'referrer', artifactType }, call)
}

interface Stored extends Pick<InspectedAttestation, 'digest' | 'subject' | 'stored'> {
  readonly artifactType?: string | undefined
}

/** One for each statement of a manifest, or one for the manifest. */
async function statementsIn(
  registry: Registry,
  place: Repository,
  { digest, subject, stored, artifactType }: Stored,
  call: RegistryCall,
): Promise<readonly InspectedAttestation[]> {
  const found = await registry.getManifest({ ...place, digest }, call)
  if (found === undefined || isIndex(found.content)) return []
  const { layers, annotations = {}, artifactType: own = artifactType } = found.content
  const kind = own?.startsWith(BUNDLE_TYPES) ? 'bundle' : 'statement'
  const types = layers.flatMap((layer) => layer.annotations?.[PREDICATE_ANNOTATION] ?? [])
  const named = kind === 'bundle' ? [annotations[BUNDLE_PREDICATE_ANNOTATION] ?? own] : types
  return (named.length === 0 ? [own] : named).map((type) => ({
    ...{ subject, stored, kind, digest },
    ...(type !== undefined && { type }),
  }))
}
