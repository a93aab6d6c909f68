import { LIMITS } from '../../model/limits.js'
import { type Descriptor, encodeManifest, isIndex, MEDIA_TYPES } from '../../model/oci.js'
import { type ManifestReference, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { blobOf } from '../../registry/blobs/small-blob.js'
import { cosignReference } from '../../registry/manifests/cosign-tags.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { signatureConfig } from './simple-signing.js'

/** A tag of cosign 2 on a manifest, with the type of its layers. */
export interface CosignTag {
  readonly subject: ManifestReference
  readonly suffix: '.sig' | '.att'
  readonly mediaType: string
}

/** A new layer of such a tag. */
export interface CosignLayer {
  readonly bytes: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
}

/** Reads the layers under a tag of cosign 2. Anyone with push access may have written them. */
export async function readCosignTag(
  tag: CosignTag,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Descriptor[]> {
  const layers = await layersOf(tag, registry, call)
  return layers.filter(({ mediaType }) => mediaType === tag.mediaType).slice(0, LIMITS.signatures)
}

async function layersOf(
  { subject, suffix }: CosignTag,
  registry: Registry,
  call: RegistryCall,
): Promise<readonly Descriptor[]> {
  const reference = cosignReference(subject, subject.digest, suffix)
  const stored = await registry.getManifest(reference, { ...call, fresh: true })
  return stored === undefined || isIndex(stored.content) ? [] : stored.content.layers
}

/** Adds layers to a tag of cosign 2. It keeps those that it has. */
export async function addToCosignTag(
  tag: CosignTag,
  added: readonly CosignLayer[],
  registry: Registry,
  call: RegistryCall,
): Promise<void> {
  const { subject, suffix, mediaType } = tag
  const repository = repositoryOf(subject)
  const blobs = added.map(({ bytes }) => blobOf(bytes, mediaType))
  const kept = await layersOf(tag, registry, call)
  const own = blobs.map(({ descriptor }, at) => ({ ...descriptor, annotations: added[at]?.annotations ?? {} }))
  const layers = [...kept, ...own]
  const config = blobOf(signatureConfig(layers.map(({ digest }) => digest)), MEDIA_TYPES.ociConfig)
  await allOrNone([...blobs, config], call, (one, each) => registry.writeBlob(repository, one, each))
  const manifest = encodeManifest({ schemaVersion: 2, config: config.descriptor, layers }, MEDIA_TYPES.ociManifest)
  await registry.putManifest(cosignReference(repository, subject.digest, suffix), manifest, call)
}
