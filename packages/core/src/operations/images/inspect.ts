import type { Digest } from '../../model/digest.js'
import {
  type Annotations,
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  isAttestation,
  isIndex,
  type StoredManifest,
} from '../../model/oci.js'
import type { Platform } from '../../model/platform.js'
import { formatReference, type Reference, repositoryOf } from '../../model/reference.js'
import { allOrNone } from '../../registry/all-or-none.js'
import { isImage, readImageConfig, statedPlatform } from '../../registry/image-config.js'
import { imageNotFound } from '../../registry/image-not-found.js'
import { isManifestEntry, readChild, readIndexContent } from '../../registry/manifests/index-entries.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { checkOptions, INSPECT_OPTIONS } from '../option-names.js'
import type { InspectOptions } from '../options.js'
import { onChosenRegistry } from '../runs/chosen-names.js'
import { type InspectedAttestation, inspectAttestations } from './inspect-attestations.js'
import { imageNamed, openImages, readName } from './named-image.js'

/** One image of an index, or the only one. */
export interface InspectedImage {
  readonly digest: Digest
  readonly mediaType: string
  /** The platform in the index; undefined for a single image. */
  readonly declared?: Platform
  /** The platform in the image's own config. */
  readonly config?: Platform
  /** Bytes to download: manifest, config and layers. */
  readonly size: number
  readonly layers: number
  /** `org.opencontainers.image.base.name` and `.digest` of the manifest. */
  readonly base?: { readonly name?: string; readonly digest?: string }
  readonly annotations?: Annotations
}

/** Result of {@link inspect} for one reference. */
export interface Inspection {
  readonly reference: string
  readonly digest: Digest
  readonly mediaType: string
  /** The manifest or index as it is published, as `docker manifest inspect` shows it. */
  readonly manifest: ImageManifest | ImageIndex
  /** Its images, including those of nested indexes, without attestations. */
  readonly images: readonly InspectedImage[]
  /** Entries of an index that are not manifests, such as layers of a build cache. */
  readonly blobs: readonly Pick<Descriptor, 'digest' | 'mediaType' | 'size'>[]
  /** Signatures, statements and other referrers, if they were requested. */
  readonly attestations?: readonly InspectedAttestation[]
}

/** Inspects the image or index under a name on a registry or in a layout. */
export async function inspect(name: string, options: InspectOptions = {}): Promise<Inspection> {
  checkOptions('inspect', options, INSPECT_OPTIONS)
  return onChosenRegistry(options.registry, async (placed) => {
    const reference = imageNamed(readName(placed(name), 'inspect'))
    await using images = openImages(options)
    return await inspectIn(images, reference, options.attestations ?? false, { signal: options.signal })
  })
}

async function inspectIn(
  registry: Registry,
  reference: Reference,
  hasAttestations: boolean,
  call: RegistryCall,
): Promise<Inspection> {
  const found = await registry.getManifest(reference, call)
  if (found === undefined) {
    throw imageNotFound(`${formatReference(reference)} does not exist`)
  }
  const { digest, mediaType } = found.descriptor
  const listed = await entriesOf(registry, reference, found, call)
  const entries = listed.filter((entry) => !isAttestation(entry))
  const images = isIndex(found.content)
    ? await allOrNone(entries.filter(isManifestEntry), call, (entry, own) =>
        inspectEntry(registry, reference, entry, own),
      )
    : [await inspectImage(registry, reference, found, call)]
  const blobs = entries
    .filter((entry) => !isManifestEntry(entry))
    .map(({ digest, mediaType, size }) => ({ digest, mediaType, size }))
  const subjects = new Set([digest, ...images.map((image) => image.digest)])
  const attestations = hasAttestations
    ? await allOrNone([...subjects], call, (subject, own) =>
        inspectAttestations(registry, { ...repositoryOf(reference), digest: subject }, listed, own),
      )
    : undefined
  return {
    ...{ reference: formatReference(reference), digest, mediaType, manifest: asPublished(found), images, blobs },
    ...(attestations && { attestations: attestations.flat() }),
  }
}

async function entriesOf(
  registry: Registry,
  reference: Reference,
  found: StoredManifest,
  call: RegistryCall,
): Promise<readonly Descriptor[]> {
  if (!isIndex(found.content)) return []
  const { entries } = await readIndexContent(registry, reference, found, call)
  return entries.map(({ entry }) => entry)
}

/** Parses the manifest as published. Reading normalises platforms, but here the user inspects what was written. */
function asPublished({ bytes }: StoredManifest): ImageManifest | ImageIndex {
  return JSON.parse(Buffer.from(bytes).toString()) as ImageManifest | ImageIndex
}

async function inspectEntry(
  registry: Registry,
  parent: Reference,
  entry: Descriptor,
  call: RegistryCall,
): Promise<InspectedImage> {
  const child = await readChild(registry, parent, entry, call)
  return inspectImage(registry, parent, { ...child, entry }, call)
}

async function inspectImage(
  registry: Registry,
  parent: Reference,
  { descriptor, content, entry }: StoredManifest & { readonly entry?: Descriptor },
  call: RegistryCall,
): Promise<InspectedImage> {
  const layers = isIndex(content) ? [] : content.layers
  const config = isIndex(content) ? undefined : await platformOf(registry, parent, content, call)
  const annotations = { ...entry?.annotations, ...content.annotations }
  const name = annotations['org.opencontainers.image.base.name']
  const digest = annotations['org.opencontainers.image.base.digest']
  const parts = isIndex(content) ? content.manifests : [content.config, ...layers]
  return {
    digest: descriptor.digest,
    mediaType: descriptor.mediaType,
    size: parts.reduce((sum, part) => sum + part.size, descriptor.size),
    layers: layers.length,
    ...(entry?.platform !== undefined && { declared: entry.platform }),
    ...(config !== undefined && { config }),
    ...((name !== undefined || digest !== undefined) && {
      base: { ...(name !== undefined && { name }), ...(digest !== undefined && { digest }) },
    }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  }
}

/** Reads the platform from an image's config; undefined for artifacts. */
async function platformOf(
  registry: Registry,
  parent: Reference,
  content: ImageManifest,
  call: RegistryCall,
): Promise<Platform | undefined> {
  return isImage(content) ? statedPlatform(await readImageConfig(registry, parent, content, call)) : undefined
}
