import {
  canonicalJson,
  encodeManifest,
  type ImageConfig,
  type ImageManifest,
  MEDIA_TYPES,
  type StoredManifest,
} from '../model/oci.js'
import type { Platform } from '../model/platform.js'
import { blobOf } from '../registry/blobs/small-blob.js'
import type { BlobSource } from '../registry/port.js'
import type { RootfsLayer } from './port.js'

/** The config and manifest of an image. */
export interface RootfsImage {
  readonly config: BlobSource
  /** The parsed config. */
  readonly content: ImageConfig
  readonly manifest: StoredManifest & { readonly content: ImageManifest }
}

/** The PATH of the images that distributions publish. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Makes an image of one layer. Equal layers, platforms and dates give equal bytes.
 *
 * @param epoch - seconds since the epoch that the image is dated with
 */
export function rootfsImage(layer: RootfsLayer, platform: Platform, epoch: number): RootfsImage {
  const created = new Date(epoch * 1000).toISOString()
  const content: ImageConfig = {
    ...platform,
    created,
    config: { Env: [`PATH=${PATH}`], Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created, created_by: 'polyarch rootfs' }],
  }
  const config = blobOf(canonicalJson(content), MEDIA_TYPES.ociConfig)
  const { digest, size } = layer.blob.descriptor
  const manifest = encodeManifest(
    {
      schemaVersion: 2,
      config: config.descriptor,
      layers: [{ mediaType: layer.mediaType, digest, size }],
    },
    MEDIA_TYPES.ociManifest,
  )
  return { config, content, manifest }
}
