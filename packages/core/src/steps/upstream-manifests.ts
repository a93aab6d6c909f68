import type { StoredManifest } from '../model/oci.js'
import { formatReference, type Reference } from '../model/reference.js'
import type { Registry, RegistryCall } from '../registry/port.js'

/** Manifests of upstream names: each is read once in a run, for all platforms. */
export interface UpstreamManifests {
  get(reference: Reference, call: RegistryCall): Promise<StoredManifest | undefined>
}

/** Starts with nothing read. */
export function createUpstreamManifests(registry: Registry): UpstreamManifests {
  const read = new Map<string, Promise<StoredManifest | undefined>>()
  return {
    get(reference, { signal }) {
      const name = formatReference(reference)
      const known = read.get(name) ?? registry.getManifest(reference, { signal })
      read.set(name, known)
      return known
    },
  }
}
