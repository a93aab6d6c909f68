import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { type Pack, pack } from 'tar-stream'
import { type Digest, digestOf } from '../../packages/core/src/model/digest.js'
import {
  canonicalJson,
  type Descriptor,
  encodeManifest,
  type ImageConfig,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../packages/core/src/model/oci.js'
import { comparePlatforms, normalizePlatform, type Platform } from '../../packages/core/src/model/platform.js'

/** A file of an image; a text alone is a plain file that everybody can read. */
export type TinyFile =
  | string
  | Uint8Array
  | { readonly content: string | Uint8Array; readonly mode: number }
  | { readonly linkTo: string }

/** What an image is made of. */
export interface TinyImageOptions {
  /** What the manifest is meant for. */
  readonly platform: Platform
  /** By path without a leading slash. */
  readonly files?: Readonly<Record<string, TinyFile>>
  /** What the config states instead of the platform: the lie of published Raspbian images. */
  readonly configPlatform?: Platform
  readonly config?: ImageConfig['config']
  /** Date in the config, RFC 3339. */
  readonly created?: string
  /** Media types; OCI by default. */
  readonly dialect?: 'oci' | 'docker'
}

/** Content with the descriptor that refers to it. */
export interface TinyBlob {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

/** An image of one layer, in memory. */
export interface TinyImage {
  readonly platform: Platform
  readonly layer: TinyBlob & { readonly diffId: Digest }
  readonly config: TinyBlob
  readonly manifest: StoredManifest
}

/** Makes an image in memory; equal options give equal bytes. */
export async function tinyImage(options: TinyImageOptions): Promise<TinyImage> {
  const docker = options.dialect === 'docker'
  const tar = await packFiles(options.files ?? { 'etc/tiny': `${JSON.stringify(options.platform)}\n` })
  const layer = blob(gzipSync(tar), docker ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.ociLayerGzip)
  const diffId = digestOf(tar)
  const image: ImageConfig = {
    ...(options.configPlatform ?? options.platform),
    created: options.created ?? '2024-01-01T00:00:00Z',
    config: { Env: ['PATH=/bin'], ...options.config },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created: '2024-01-01T00:00:00Z', created_by: 'tiny-image' }],
  }
  const config = blob(canonicalJson(image), docker ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.ociConfig)
  const manifest = encodeManifest(
    { schemaVersion: 2, config: config.descriptor, layers: [layer.descriptor] },
    docker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.ociManifest,
  )
  return { platform: options.platform, layer: { ...layer, diffId }, config, manifest }
}

/** An index over images, as clients expect it: sorted, each with its platform. */
export function tinyIndex(images: readonly TinyImage[], dialect: 'oci' | 'docker' = 'oci'): StoredManifest {
  const manifests = [...images]
    .sort((a, b) => comparePlatforms(a.platform, b.platform))
    .map(({ manifest, platform }) => ({ ...manifest.descriptor, platform: normalizePlatform(platform) }))
  const mediaType = dialect === 'docker' ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.ociIndex
  return encodeManifest({ schemaVersion: 2, manifests }, mediaType)
}

function blob(bytes: Uint8Array, mediaType: string): TinyBlob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

const MTIME = new Date('2024-01-01T00:00:00Z')

/** An uncompressed tar of files and the folders that they are in; equal files give equal bytes. */
export async function packFiles(files: Readonly<Record<string, TinyFile>>): Promise<Buffer> {
  const tar = pack()
  for (const name of parentFolders(Object.keys(files))) {
    tar.entry({ name, type: 'directory', mode: 0o755, mtime: MTIME })
  }
  for (const [name, file] of Object.entries(files)) addFile(tar, name, file)
  tar.finalize()
  return buffer(tar)
}

function addFile(tar: Pack, name: string, file: TinyFile): void {
  if (typeof file === 'string' || file instanceof Uint8Array) {
    tar.entry({ name, mode: 0o644, mtime: MTIME }, toBuffer(file))
  } else if ('linkTo' in file) {
    tar.entry({ name, type: 'symlink', linkname: file.linkTo, mtime: MTIME })
  } else {
    tar.entry({ name, mode: file.mode, mtime: MTIME }, toBuffer(file.content))
  }
}

function toBuffer(content: string | Uint8Array): Buffer {
  return typeof content === 'string'
    ? Buffer.from(content)
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}

function parentFolders(paths: readonly string[]): readonly string[] {
  const folders = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1)
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  })
  return [...new Set(folders)].sort()
}
