import { join } from 'node:path'
import { algorithmOf, type Digest, type DigestAlgorithm, hexOf } from '../model/digest.js'
import { MEDIA_TYPES } from '../model/oci.js'

/** Content of the file `oci-layout`. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#oci-layout-file */
export const LAYOUT_MARKER = JSON.stringify({ imageLayoutVersion: '1.0.0' })

/** The annotation with the name of an entry of `index.json`. */
export const REF_NAME = 'org.opencontainers.image.ref.name'

/** Media types for `index.json`: strict readers reject a layout whose index has any other. */
export const LAYOUT_TYPES: ReadonlySet<string> = new Set([MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociIndex])

/** The folder of a layout's content under one kind of digest. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md#blobs */
export function contentFolder(directory: string, algorithm: DigestAlgorithm = 'sha256'): string {
  return join(directory, 'blobs', algorithm)
}

/** Path of a digest's bytes in a layout. */
export function contentPath(directory: string, digest: Digest): string {
  return join(contentFolder(directory, algorithmOf(digest)), hexOf(digest))
}

/**
 * The directory that distinguishes the store of an embedded registry, which only that may write to, from other layouts.
 */
export function repositoriesFolder(directory: string): string {
  return join(directory, 'repositories')
}

/** Prefix of incomplete files in a layout. */
export const INCOMING = 'incoming-'
