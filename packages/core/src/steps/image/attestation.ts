import { type Digest, hexOf } from '../../model/digest.js'
import { EngineError } from '../../model/errors.js'
import { LIMITS } from '../../model/limits.js'
import {
  canonicalJson,
  type Descriptor,
  encodeManifest,
  type ImageManifest,
  isAttestation,
  isIndex,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../model/oci.js'
import { formatReference, type Reference, type Repository, repositoryOf } from '../../model/reference.js'
import { blobOf, readBytes } from '../../registry/blobs/small-blob.js'
import { parseImageConfig } from '../../registry/image-config.js'
import type { Registry, RegistryCall } from '../../registry/port.js'
import { CREATED_ANNOTATION } from '../created-date.js'
import { attestationReference } from '../key.js'

const TYPE = 'vnd.docker.reference.type'
const ATTESTED = 'vnd.docker.reference.digest'

/** An image whose manifest was rewritten, before and after. */
export interface RewrittenImage {
  readonly pushed: Digest
  readonly kept: Digest
}

/**
 * Keeps what BuildKit attested of an image, under a tag by the image's key. The statements name the image by the digest of
 * the manifest that was pushed; the manifest that is kept refers to the same content, and takes its place in them.
 *
 * @param reference - the index that the builder pushed, with the image and its attestation
 * @throws EngineError BUILD_FAILED if the builder attested nothing, or too much; RegistryError MANIFEST_UNSUPPORTED
 */
export async function keepAttestation(
  reference: Reference,
  { key, ...image }: RewrittenImage & { readonly key: string },
  registry: Registry,
  call: RegistryCall,
): Promise<Descriptor> {
  const repository = repositoryOf(reference)
  const attestation = await readAttestation(reference, image.pushed, registry, call)
  const layers: Descriptor[] = []
  for (const layer of attestation.layers) {
    const text = (await readAll(repository, layer, registry, call)).toString()
    const bytes = Buffer.from(text.replaceAll(hexOf(image.pushed), hexOf(image.kept)))
    layers.push({ ...layer, ...(await writeAll(repository, bytes, layer.mediaType, registry, call)) })
  }
  const config = parseImageConfig(
    await readAll(repository, attestation.config, registry, call),
    'the config of an attestation',
  )
  // The layers of an attestation are their own content.
  const listed = { ...config, rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) } }
  const bytes = Buffer.from(canonicalJson(listed))
  const manifest = encodeManifest(
    {
      schemaVersion: 2,
      config: await writeAll(repository, bytes, attestation.config.mediaType, registry, call),
      layers,
      annotations: {
        ...attestation.annotations,
        [ATTESTED]: image.kept,
        [CREATED_ANNOTATION]: new Date().toISOString(),
      },
    },
    MEDIA_TYPES.ociManifest,
  )
  await registry.putManifest(attestationReference(repository, key), manifest, call)
  return attestationEntry(manifest, image.kept)
}

/** The attestation that is kept for an image; undefined where there is none, or that of another image. */
export async function findAttestation(
  repository: Repository,
  { key, kept }: { readonly key: string; readonly kept: Digest },
  registry: Registry,
  call: RegistryCall,
): Promise<Descriptor | undefined> {
  const found = await registry.getManifest(attestationReference(repository, key), { ...call, fresh: true })
  return found !== undefined && attestedImage(found) === kept ? attestationEntry(found, kept) : undefined
}

/** The digest of the image that a kept attestation is of. */
export function attestedImage({ content }: Pick<StoredManifest, 'content'>): string | undefined {
  return content.annotations?.[ATTESTED]
}

/** As an index lists it beside its image. @see https://github.com/moby/buildkit/blob/v0.25.0/docs/attestations/attestation-storage.md */
function attestationEntry({ descriptor: { mediaType, digest, size } }: StoredManifest, image: Digest): Descriptor {
  const annotations = { [TYPE]: 'attestation-manifest', [ATTESTED]: image }
  return { mediaType, digest, size, platform: { os: 'unknown', architecture: 'unknown' }, annotations }
}

async function readAttestation(
  reference: Reference,
  image: Digest,
  registry: Registry,
  call: RegistryCall,
): Promise<ImageManifest> {
  const pushed = await registry.getManifest(reference, call)
  const entries = pushed !== undefined && isIndex(pushed.content) ? pushed.content.manifests : []
  const entry = entries.find((one) => isAttestation(one) && one.annotations?.[ATTESTED] === image)
  const found = entry && (await registry.getManifest({ ...repositoryOf(reference), digest: entry.digest }, call))
  if (found !== undefined && !isIndex(found.content)) return found.content
  throw new EngineError('BUILD_FAILED', `the builder returned no attestation for ${formatReference(reference)}`, {
    hint: 'remove attest from the build, or use another builder',
  })
}

async function readAll(repository: Repository, blob: Descriptor, registry: Registry, call: RegistryCall) {
  if (blob.size > LIMITS.attestation) {
    const message = `the attestation has ${blob.size} bytes, more than the limit of ${LIMITS.attestation}`
    throw new EngineError('BUILD_FAILED', message, { hint: 'remove attest from the build' })
  }
  return readBytes(repository, blob, LIMITS.attestation, registry, call)
}

async function writeAll(
  repository: Repository,
  bytes: Buffer,
  mediaType: string,
  registry: Registry,
  call: RegistryCall,
): Promise<Descriptor> {
  const blob = blobOf(bytes, mediaType)
  await registry.writeBlob(repository, blob, call)
  return blob.descriptor
}
