import type { Descriptor, StoredManifest } from '../model/oci.js'
import type { Reference } from '../model/reference.js'

/** What is published today in the place of a node's result. */
export interface PublishedState {
  /** The published index that the node belongs to; undefined where nothing is published. */
  readonly index?: StoredManifest
  /** Its entry for the node's platform; of a base, the image that stands on it. */
  readonly image?: PublishedImage
}

/** An entry of a published index, with where its manifest is. */
export interface PublishedImage {
  readonly reference: Reference
  readonly descriptor: Descriptor
}
