import type { Descriptor, StoredManifest } from '../model/oci.js'
import type { Reference } from '../model/reference.js'

/** The published result that corresponds to a node. */
export interface PublishedState {
  /** The published index that the node belongs to; undefined if nothing is published. */
  readonly index?: StoredManifest
  /** Its entry for the node's platform; for a base, the image that uses it. */
  readonly image?: PublishedImage
}

/** An entry of a published index, with the location of its manifest. */
export interface PublishedImage {
  readonly reference: Reference
  readonly descriptor: Descriptor
}
