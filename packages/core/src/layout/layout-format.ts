import { join } from 'node:path'
import { algorithmOf, type Digest, type DigestAlgorithm, hexOf } from '../model/digest.js'
import { MEDIA_TYPES } from '../model/oci.js'

/** Content of the file `oci-layout`. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#oci-layout-file */
export const LAYOUT_MARKER = JSON.stringify({ imageLayoutVersion: '1.0.0' })

/** The annotation of an entry of `index.json` that is its name. */
export const REF_NAME = 'org.opencontainers.image.ref.name'

/** What `index.json` may name: strict readers refuse a layout whose index names anything else. */
export const LAYOUT_TYPES: ReadonlySet<string> = new Set([MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociIndex])

/** The folder of a layout's content under one kind of digest. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#blobs */
export function contentFolder(directory: string, algorithm: DigestAlgorithm = 'sha256'): string {
  return join(directory, 'blobs', algorithm)
}

/** Where a layout keeps the bytes of a digest. */
export function contentPath(directory: string, digest: Digest): string {
  return join(contentFolder(directory, algorithmOf(digest)), hexOf(digest))
}

/** The folder that tells the store of an embedded registry, which alone may write to it, from other layouts. */
export function repositoriesFolder(directory: string): string {
  return join(directory, 'repositories')
}
