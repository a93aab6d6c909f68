import type { PlacedImage } from '../../image-files/image-entries.js'
import type { ImageFiles } from '../../image-files/image-files.js'
import type { Digest } from '../../model/digest.js'
import type { Registry, RegistryCall } from '../../registry/port.js'

/** Highest number of cached file lists: each takes some dozen MB of memory. */
const MAX_IMAGES = 2

/** Caches the files of images for their tests. */
export interface FilesCache {
  open(image: PlacedImage, digest: Digest, registry: Registry, call: RegistryCall): Promise<ImageFiles>
}

/** Creates the cache of a run. */
export function createFilesCache(): FilesCache {
  const opened = new Map<Digest, Promise<ImageFiles>>()
  return {
    async open(image, digest, registry, call) {
      const known = opened.get(digest)
      // The test that read them may have been cancelled.
      if (known !== undefined) return known.catch(() => this.open(image, digest, registry, call))
      // Loads the reader of layers only if a test reads files.
      const opening = import('../../image-files/image-files.js').then((loaded) =>
        loaded.ImageFiles.open(image, registry, call),
      )
      opened.set(digest, opening)
      opening.catch(() => opened.delete(digest))
      const [oldest] = opened.keys()
      if (opened.size > MAX_IMAGES && oldest !== undefined) opened.delete(oldest)
      return opening
    },
  }
}
