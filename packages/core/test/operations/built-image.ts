import { type TinyImage, tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import {
  type Descriptor,
  encodeManifest,
  type ImageManifest,
  isIndex,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../src/model/oci.js'
import { encodeParts, type ImageParts, imageParts, PARTS_ANNOTATION } from '../../src/steps/image/image-parts.js'
import { PLAIN_HASH } from '../../src/steps/input-hash.js'

/** The platform of all images here. */
export const AMD64 = { os: 'linux', architecture: 'amd64' }
const SOME = digestOf(Buffer.from('something'))

/** An image with the record of its inputs, as polyarch keeps it. */
export async function builtImage(name: string, content: string = name): Promise<TinyImage> {
  const image = await tinyImage({ platform: AMD64, files: { name } })
  const manifest = image.manifest.content
  if (isIndex(manifest)) throw new TypeError('a tiny image is a single one')
  const annotations = { [PARTS_ANNOTATION]: encodeParts(partsOf(content)) }
  return { ...image, manifest: encodeManifest({ ...manifest, annotations }, MEDIA_TYPES.ociManifest) }
}

/** The parts of an image whose context is one file. */
export function partsOf(content: string): ImageParts {
  const digest = digestOf(Buffer.from(content))
  const file = { kind: 'file', path: 'file', digest, size: content.length, mode: 0o644, modified: 0 } as const
  const inputs = { base: SOME, context: digest, dockerfile: 'FROM scratch\n', build: { args: {}, labels: {} } }
  return imageParts(inputs, [file], PLAIN_HASH)
}

/** A manifest over the blobs of an image with other fields. */
function over({ manifest }: TinyImage, fields: Pick<ImageManifest, 'subject' | 'annotations'>): StoredManifest {
  if (isIndex(manifest.content)) throw new TypeError('a tiny image is a single one')
  const { config, layers } = manifest.content
  return encodeManifest({ schemaVersion: 2, config, layers, ...fields }, MEDIA_TYPES.ociManifest)
}

/** A record with the date of its push. */
export const datedRecord = (image: TinyImage, created: string) =>
  over(image, { annotations: { 'org.opencontainers.image.created': created } })
/** An artifact that refers to a manifest. */
export const withSubject = (image: TinyImage, subject: Descriptor) => over(image, { subject })
