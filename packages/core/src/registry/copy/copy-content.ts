import {
  type Descriptor,
  type ImageManifest,
  isForeign,
  isIndex,
  onePerDigest,
  type StoredManifest,
} from '../../model/oci.js'
import { formatRepository, type Repository } from '../../model/reference.js'
import { allOrNone } from '../all-or-none.js'
import { holdsEntry, isManifestEntry, readChild, readIndexContent } from '../manifests/index-entries.js'
import type { Registry, RegistryCall } from '../port.js'

/** Source and target of a copy, with its notes. */
export interface ContentCopy {
  readonly registry: Registry
  readonly from: Repository
  readonly to: Repository
  /** What was not copied, as sentences. */
  readonly notes: Set<string>
}

/**
 * Copies everything that a manifest refers to. Of an index, images and blobs are copied before the indexes that list
 * them.
 *
 * @returns the manifests below it.
 */
export async function copyContent(
  copy: ContentCopy,
  { content, ...manifest }: StoredManifest,
  call: RegistryCall | undefined,
): Promise<readonly Descriptor[]> {
  if (!isIndex(content)) {
    await copyBlobs(copy, content, call)
    return []
  }
  const { entries, inner } = await readIndexContent(copy.registry, copy.from, { ...manifest, content }, call)
  const once = onePerDigest(entries.map(({ entry }) => entry))
  await allOrNone(once, call, (entry, own) => copyEntry(copy, entry, own))
  const indexes = inner.map(({ descriptor }) => descriptor)
  for (const index of inner) {
    if (await holdsEntry(copy.registry, copy.to, index.descriptor, call)) continue
    await copy.registry.putManifest({ ...copy.to, digest: index.descriptor.digest }, index, call)
  }
  return [...once.filter(isManifestEntry), ...indexes]
}

async function copyEntry(copy: ContentCopy, entry: Descriptor, call: RegistryCall): Promise<void> {
  const { registry, from, to } = copy
  if (!isManifestEntry(entry)) return registry.copyBlob(from, to, entry, call)
  if (await holdsEntry(registry, to, entry, call)) return
  const child = await readChild(registry, from, entry, call)
  if (!isIndex(child.content)) await copyBlobs(copy, child.content, call)
  await registry.putManifest({ ...to, digest: entry.digest }, child, call)
}

async function copyBlobs(
  { registry, from, to, notes }: ContentCopy,
  { config, layers }: ImageManifest,
  call?: RegistryCall,
): Promise<void> {
  for (const layer of layers.filter(isForeign)) notes.add(foreignNote(from, layer))
  const blobs = [config, ...layers].filter((blob) => !isForeign(blob))
  await allOrNone(onePerDigest(blobs), call, (blob, own) => registry.copyBlob(from, to, blob, own))
}

/** Adds a note if a layer is not copied. */
export function foreignNote(from: Repository, { digest, urls = [] }: Descriptor): string {
  return `layer ${digest} of ${formatRepository(from)} was not copied: clients download it from ${urls.join(', ')}`
}
