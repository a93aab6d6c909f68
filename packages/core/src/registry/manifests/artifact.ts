import { type Annotations, type Descriptor, encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../model/oci.js'
import { type Reference, type Repository, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../all-or-none.js'
import { blobOf, type SmallBlob } from '../blobs/small-blob.js'
import type { Registry, RegistryCall } from '../port.js'

/** Content that belongs to an image: a signature, a test result, a record. */
export interface Artifact {
  readonly artifactType: string
  /** The manifest that it refers to; {@link Registry.listReferrers} finds it there. */
  readonly subject?: Descriptor
  /** If there are none, the layer is the empty descriptor. */
  readonly layers: readonly ArtifactLayer[]
  readonly annotations?: Annotations
}

/** One file of an artifact. */
export interface ArtifactLayer {
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly annotations?: Annotations
}

/** The config of artifacts, which have none. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md#guidance-for-an-empty-descriptor */
const EMPTY: SmallBlob = blobOf(Buffer.from('{}'), MEDIA_TYPES.ociEmpty)

/**
 * Writes an artifact, under the reference's tag or else by its digest. A registry without the referrers API gets its entry
 * under the tag of its subject.
 *
 * @throws RegistryError; CancelledError
 */
export async function putArtifact(
  target: Reference | Repository,
  { artifactType, subject, layers, annotations }: Artifact,
  registry: Registry,
  call: RegistryCall,
): Promise<StoredManifest> {
  const blobs = layers.map(({ bytes, mediaType }) => blobOf(bytes, mediaType))
  await allOrNone([EMPTY, ...blobs], call, (blob, own) => registry.writeBlob(repositoryOf(target), blob, own))
  const listed = blobs.map(({ descriptor }, at) => {
    const own = layers[at]?.annotations
    return own === undefined ? descriptor : { ...descriptor, annotations: own }
  })
  const manifest = encodeManifest(
    {
      schemaVersion: 2,
      artifactType,
      config: EMPTY.descriptor,
      layers: listed.length === 0 ? [EMPTY.descriptor] : listed,
      ...(subject !== undefined && { subject: plainDescriptor(subject) }),
      ...(annotations !== undefined && { annotations }),
    },
    MEDIA_TYPES.ociManifest,
  )
  const tag = 'tag' in target ? target.tag : undefined
  const reference = {
    ...repositoryOf(target),
    ...(tag === undefined ? { digest: manifest.descriptor.digest } : { tag }),
  }
  await registry.putManifest(reference, manifest, call)
  return manifest
}

/** The descriptor of a subject has no platform and no annotations. */
function plainDescriptor({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}
