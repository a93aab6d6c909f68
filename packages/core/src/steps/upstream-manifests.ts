import type { ImageConfig, ImageManifest, StoredManifest } from '../model/oci.js'
import { formatReference, type Reference } from '../model/reference.js'
import { readImageConfig } from '../registry/image-config.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** Manifests of upstream names, and configs of images: each is read once per run. */
export interface UpstreamManifests {
  get(reference: Reference, call: RegistryCall): Promise<StoredManifest | undefined>
  /** The config of an image, by its digest. @throws RegistryError NOT_FOUND, DIGEST_MISMATCH, MANIFEST_UNSUPPORTED */
  config(reference: Reference, manifest: ImageManifest, call: RegistryCall): Promise<ImageConfig>
}

/** Creates the cache of a run. */
export function createUpstreamManifests(registry: Registry): UpstreamManifests {
  const manifests = new Map<string, Promise<StoredManifest | undefined>>()
  const configs = new Map<string, Promise<ImageConfig>>()
  return {
    get(reference, { signal }) {
      const name = formatReference(reference)
      const known = manifests.get(name) ?? registry.getManifest(reference, { signal })
      manifests.set(name, known)
      return known
    },
    config(reference, manifest, { signal }) {
      const { digest } = manifest.config
      const known = configs.get(digest) ?? readImageConfig(registry, reference, manifest, { signal })
      configs.set(digest, known)
      return known
    },
  }
}
