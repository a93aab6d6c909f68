import { digestOf } from '../../src/model/digest.js'
import { type Descriptor, encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'

/** The config of artifacts that have none. */
export const EMPTY_BLOB = {
  bytes: Buffer.from('{}'),
  descriptor: { mediaType: MEDIA_TYPES.ociEmpty, digest: digestOf('{}'), size: 2 },
}

/** A manifest that is attached to another one; its config is {@link EMPTY_BLOB}. */
export function attachment(subject: Descriptor, artifactType: string): StoredManifest {
  const { mediaType, digest, size } = subject
  const content = { schemaVersion: 2, artifactType, config: EMPTY_BLOB.descriptor, layers: [] } as const
  return encodeManifest({ ...content, subject: { mediaType, digest, size } }, MEDIA_TYPES.ociManifest)
}
