import { RegistryError } from '../model/errors.js'
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
      const known = manifests.get(name) ?? readUpstream(registry, reference, { signal })
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

/** @throws RegistryError with a hint for images of registries that this machine cannot reach */
async function readUpstream(
  registry: Registry,
  reference: Reference,
  call: RegistryCall,
): Promise<StoredManifest | undefined> {
  try {
    return await registry.getManifest(reference, call)
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_UNREACHABLE') throw error
    const { message, hint, exchange, cause } = error
    const host = reference.registry
    const other = `if ${host} cannot be reached from here, use a mirror of it (registryClient: { hosts: { '${host}': { mirrors: ['mirror.example.com/path'] } } }), the same image in a registry that can be reached, or a base made from packages (source: 'apt')`
    throw new RegistryError(error.code, message, {
      hint: hint === undefined ? other : `${hint}; ${other}`,
      cause,
      ...(exchange && { exchange }),
    })
  }
}
