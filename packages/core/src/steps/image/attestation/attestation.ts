import type { AttestationDefinition } from '../../../definition/declare/attestation-options.js'
import type { Digest } from '../../../model/digest.js'
import {
  type Annotations,
  canonicalJson,
  type Descriptor,
  encodeManifest,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../../model/oci.js'
import type { Repository } from '../../../model/reference.js'
import { allOrNone } from '../../../registry/all-or-none.js'
import { blobOf } from '../../../registry/blobs/small-blob.js'
import { putArtifact } from '../../../registry/manifests/artifact.js'
import type { Registry, RegistryCall } from '../../../registry/port.js'
import { STATEMENT_TYPE } from '../../../trust/signatures/dsse.js'
import { statementOn } from '../../../trust/signatures/statement.js'
import { CREATED_ANNOTATION } from '../../created-date.js'
import { attestationReference } from '../../key.js'
import type { Attestation } from '../../step.js'

const TYPE = 'vnd.docker.reference.type'
const ATTESTED = 'vnd.docker.reference.digest'

/** Annotation of a statement's layer with the type of its predicate. */
export const PREDICATE_ANNOTATION = 'in-toto.io/predicate-type'

/** A statement on an image, as in-toto defines it. */
export interface Statement {
  readonly bytes: Uint8Array
  readonly annotations: Annotations
}

/** Makes a statement on an image. */
export function makeStatement(subject: Digest, predicateType: string, predicate: object): Statement {
  return {
    bytes: statementOn(subject, predicateType, predicate),
    annotations: { [PREDICATE_ANNOTATION]: predicateType },
  }
}

/** The image that statements are attached to. */
export interface AttestedImage {
  readonly repository: Repository
  readonly key: string
  readonly descriptor: Descriptor
}

/** Statements to store. */
export interface KeptStatements {
  readonly attach: AttestationDefinition['attach']
  readonly statements: readonly Statement[]
}

/** Stores statements on an image under a tag with the image's key, as an index entry or as a referrer. */
export function keepAttestation(
  image: AttestedImage,
  { statements, attach }: KeptStatements,
  registry: Registry,
  call: RegistryCall,
): Promise<Attestation> {
  const keep = attach === 'referrer' ? keepReferrer : keepEntry
  return keep(image, statements, registry, call)
}

async function keepReferrer(
  { repository, key, descriptor }: AttestedImage,
  statements: readonly Statement[],
  registry: Registry,
  call: RegistryCall,
): Promise<Attestation> {
  const layers = statements.map((statement) => ({ ...statement, mediaType: STATEMENT_TYPE }))
  const annotations = recordAnnotations(descriptor.digest)
  const artifact = { artifactType: STATEMENT_TYPE, subject: descriptor, layers, annotations }
  return attestationOf(await putArtifact(attestationReference(repository, key), artifact, registry, call))
}

/** @see https://github.com/moby/buildkit/blob/v0.25.0/docs/attestations/attestation-storage.md */
async function keepEntry(
  { repository, key, descriptor }: AttestedImage,
  statements: readonly Statement[],
  registry: Registry,
  call: RegistryCall,
): Promise<Attestation> {
  const blobs = statements.map(({ bytes }) => blobOf(bytes, STATEMENT_TYPE))
  const diffIds = blobs.map((blob) => blob.descriptor.digest)
  const unknown = { architecture: 'unknown', os: 'unknown', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }
  const config = blobOf(canonicalJson(unknown), MEDIA_TYPES.ociConfig)
  await allOrNone([config, ...blobs], call, (blob, own) => registry.writeBlob(repository, blob, own))
  const layers = statements.flatMap(({ annotations }, at) => {
    const blob = blobs[at]
    return blob === undefined ? [] : [{ ...blob.descriptor, annotations }]
  })
  const annotations = recordAnnotations(descriptor.digest)
  const content = { schemaVersion: 2 as const, config: config.descriptor, layers, annotations }
  const manifest = encodeManifest(content, MEDIA_TYPES.ociManifest)
  await registry.putManifest(attestationReference(repository, key), manifest, call)
  return attestationOf(manifest)
}

/** The date protects it from `prune`. */
function recordAnnotations(image: Digest): Annotations {
  return { [ATTESTED]: image, [CREATED_ANNOTATION]: new Date().toISOString() }
}

/** The stored attestation of an image; undefined if there is none or if it describes another image. */
export async function findAttestation(
  repository: Repository,
  { key, kept }: { readonly key: string; readonly kept: Digest },
  registry: Registry,
  call: RegistryCall,
): Promise<Attestation | undefined> {
  const found = await registry.getManifest(attestationReference(repository, key), { ...call, fresh: true })
  return found !== undefined && attestedImage(found) === kept ? attestationOf(found) : undefined
}

/** The digest of the image that an attestation describes. */
export function attestedImage({ content }: Pick<StoredManifest, 'content'>): string | undefined {
  return content.annotations?.[ATTESTED]
}

function attestationOf({ descriptor: { mediaType, digest, size }, content }: StoredManifest): Attestation {
  const isEntry = content.subject === undefined
  const image = attestedImage({ content }) ?? ''
  const annotations = { [TYPE]: 'attestation-manifest', [ATTESTED]: image }
  const entry = { mediaType, digest, size, platform: { os: 'unknown', architecture: 'unknown' }, annotations }
  return { descriptor: entry, isListed: isEntry }
}
