import { finished } from 'node:stream/promises'
import { RegistryError } from '../model/errors.js'
import { type Descriptor, isForeign, isIndex, onePerDigest, type StoredManifest } from '../model/oci.js'
import { formatReference, type Reference, repositoryOf } from '../model/reference.js'
import type { RunEvent } from '../model/run/events.js'
import { allOrNone } from '../registry/all-or-none.js'
import type { Registry, RegistryCall } from '../registry/port.js'
import type { Output } from '../steps/step.js'

/** Results that names will point to, by node. */
export type NamedResults = ReadonlyMap<string, Pick<Output, 'reference'>>

/**
 * Reads results again like a client that pulls them: by digest, from the registry and not from mirrors. Every manifest,
 * config and layer is compared with its digest.
 *
 * @param registry - a separate client, without connections and caches of the run
 * @throws RegistryError NOT_FOUND, DIGEST_MISMATCH; CancelledError
 */
export async function readBack(
  results: NamedResults,
  registry: Registry,
  { signal, emit }: { readonly signal?: AbortSignal | undefined; readonly emit: (event: RunEvent) => void },
): Promise<void> {
  for (const [node, { reference }] of results) {
    const call: RegistryCall = {
      signal,
      fresh: true,
      onEvent: (event) => emit({ kind: 'work', at: Date.now(), node, event }),
    }
    const read = await pull(reference, registry, call)
    emit({ kind: 'read-back', at: Date.now(), node, reference: formatReference(reference), ...read })
  }
}

/** Summary of what was read. */
interface Pulled {
  /** The number of images. */
  readonly images: number
  /** Bytes of their configs and layers. */
  readonly bytes: number
}

async function pull(reference: Reference, registry: Registry, call: RegistryCall): Promise<Pulled> {
  const manifest = await requireManifest(reference, registry, call)
  const entries = isIndex(manifest.content) ? onePerDigest(manifest.content.manifests) : [manifest.descriptor]
  const images = await allOrNone(entries, call, ({ digest }, own) =>
    requireManifest({ ...repositoryOf(reference), digest }, registry, own),
  )
  const blobs = onePerDigest(images.flatMap(blobsOf))
  await allOrNone(blobs, call, async (blob, own) => {
    const content = await registry.readBlob(repositoryOf(reference), blob, own)
    content.resume()
    await finished(content)
  })
  return { images: images.length, bytes: blobs.reduce((sum, { size }) => sum + size, 0) }
}

function blobsOf({ content }: StoredManifest): readonly Descriptor[] {
  return isIndex(content) ? [] : [content.config, ...content.layers].filter((blob) => !isForeign(blob))
}

async function requireManifest(reference: Reference, registry: Registry, call: RegistryCall): Promise<StoredManifest> {
  const manifest = await registry.getManifest(reference, call)
  if (manifest !== undefined) return manifest
  throw new RegistryError(
    'NOT_FOUND',
    `${formatReference(reference)} cannot be read back: the registry does not have it`,
  )
}
