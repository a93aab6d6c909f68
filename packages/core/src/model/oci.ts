import canonicalize from 'canonicalize'
import { type Digest, digestOf } from './digest.js'
import type { Platform } from './platform.js'

/** Media types of the OCI image specification and their older twins of Docker. */
export const MEDIA_TYPES = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestV1: 'application/vnd.docker.distribution.manifest.v1+json',
  dockerManifestV1Signed: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
} as const

/**
 * The four manifest media types that polyarch reads. All are sent, since registries respond 404 for a type that was not
 * accepted.
 */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.dockerManifest,
]

/** Annotations by name. */
export type Annotations = Readonly<Record<string, string>>

/** A typed link to content. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** In bytes. */
  readonly size: number
  readonly platform?: Platform
  readonly annotations?: Annotations
  readonly artifactType?: string
  readonly urls?: readonly string[]
  readonly data?: string
}

/** One image: a config and its layers. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md */
export interface ImageManifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Annotations
}

/**
 * One image per platform; Docker calls it a manifest list. @see
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/image-index.md
 */
export interface ImageIndex {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Annotations
}

/** The part of an image's config that polyarch reads or writes. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/config.md */
export interface ImageConfig extends Partial<Platform> {
  readonly created?: string
  readonly author?: string
  readonly config?: {
    readonly Env?: readonly string[]
    readonly Cmd?: readonly string[]
    readonly Entrypoint?: readonly string[]
    readonly User?: string
    readonly WorkingDir?: string
    readonly ExposedPorts?: Readonly<Record<string, object>> | null
    readonly Volumes?: Readonly<Record<string, object>> | null
    readonly Labels?: Readonly<Record<string, string>>
    /** Triggers: the instructions of `ONBUILD`. */
    readonly OnBuild?: readonly string[] | null
  }
  readonly rootfs?: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history?: readonly {
    readonly created?: string
    readonly created_by?: string
    readonly empty_layer?: boolean
  }[]
}

/** A manifest or index as stored in a registry: the bytes are authoritative, the parsed form is for reading. */
export interface StoredManifest {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
  readonly content: ImageManifest | ImageIndex
}

/** Whether a media type is an index in either dialect. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociIndex || mediaType === MEDIA_TYPES.dockerManifestList
}

/** Whether a media type is a single image's manifest in either dialect. */
export function isManifestType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.ociManifest || mediaType === MEDIA_TYPES.dockerManifest
}

/** Each digest once. */
export function onePerDigest(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((descriptor) => [descriptor.digest, descriptor])).values()]
}

/** Distinguishes an index from a single image by its fields. */
export function isIndex(content: ImageManifest | ImageIndex): content is ImageIndex {
  return 'manifests' in content
}

/**
 * Whether an index entry is an attestation that BuildKit attached to another entry, rather than an image.
 *
 * @see https://github.com/moby/buildkit/blob/v0.13.0/docs/attestations/attestation-storage.md
 */
export function isAttestation(descriptor: Descriptor): boolean {
  return descriptor.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
}

/** The digest of the image that an attestation in an index describes; empty if it names none. */
export function attestedBy({ annotations }: Pick<Descriptor, 'annotations'>): string {
  return annotations?.['vnd.docker.reference.digest'] ?? ''
}

/** Whether a layer is not stored in registries: clients download it from the `urls` of its descriptor. */
export function isForeign({ mediaType, urls }: Descriptor): boolean {
  return (urls?.length ?? 0) > 0 && (mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.'))
}

/** The canonical bytes of a manifest (RFC 8785), ready to be pushed, with the descriptor that refers to them. */
export function encodeManifest<Content extends ImageManifest | ImageIndex>(
  content: Content,
  mediaType: string,
): StoredManifest & { readonly content: Content } {
  const typed = { ...content, mediaType }
  const bytes = canonicalJson(typed)
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes, content: typed }
}

/** JSON with sorted keys and no white space: equal values give equal bytes. @see https://www.rfc-editor.org/rfc/rfc8785 */
export function canonicalJson(value: unknown): Uint8Array {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('a value without a JSON form cannot be made canonical')
  return Buffer.from(text)
}
