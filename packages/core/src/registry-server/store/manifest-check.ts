import { type Digest, type DigestAlgorithm, digestOf, isDigest } from '../../model/digest.js'
import { parseJson } from '../../model/json.js'
import { isIndexType, MANIFEST_MEDIA_TYPES } from '../../model/oci.js'
import { ProtocolError } from '../protocol-error.js'
import type { ManifestContent, RepositoryRecord } from './repository-record.js'

type JsonObject = Readonly<Record<string, unknown>>

/** A pushed manifest with its references. */
export interface CheckedManifest extends ManifestContent {
  /** Content that its repository must have. */
  readonly needs: readonly { readonly digest: Digest; readonly isManifest: boolean }[]
}

/**
 * Validates a pushed manifest.
 *
 * @param algorithm - of the digest under which it is stored.
 * @throws ProtocolError MANIFEST_INVALID
 */
export function checkManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
  algorithm?: DigestAlgorithm,
): CheckedManifest {
  const content = parseObject(bytes)
  const mediaType = mediaTypeOf(content, contentType)
  if (content['schemaVersion'] !== 2) throw invalid('its schemaVersion is not 2')
  const needs = isIndexType(mediaType) ? childrenOf(content) : partsOf(content)
  const subject = content['subject']
  return {
    mediaType,
    bytes,
    size: bytes.byteLength,
    digest: digestOf(bytes, algorithm),
    needs,
    ...(subject !== undefined && { subject: digestIn(subject, 'subject') }),
  }
}

/** The blobs that a stored manifest refers to; undefined if that cannot be read. */
export function neededBlobs({ bytes, mediaType }: ManifestContent): readonly Digest[] | undefined {
  try {
    const { needs } = checkManifest(bytes, mediaType)
    return needs.flatMap(({ digest, isManifest }) => (isManifest ? [] : [digest]))
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
}

/**
 * Returns content that a manifest refers to and its repository lacks.
 *
 * @param isPresent - whether the store has the bytes of a digest.
 */
export function missingNeed(
  { needs }: CheckedManifest,
  record: RepositoryRecord | undefined,
  isPresent: (digest: Digest) => boolean,
): CheckedManifest['needs'][number] | undefined {
  const isHeld = ({ digest, isManifest }: CheckedManifest['needs'][number]) =>
    isManifest ? record?.manifests.has(digest) : record?.blobs.has(digest)
  return needs.find((need) => !isHeld(need) || !isPresent(need.digest))
}

/** 400, like docker-registry: clients treat 404 as a write that is not visible yet. */
export function unknownNeed(name: string, { digest, isManifest }: CheckedManifest['needs'][number]): ProtocolError {
  const message = `${name} has no ${isManifest ? 'manifest' : 'blob'} ${digest}, which this one refers to`
  return new ProtocolError(400, 'MANIFEST_BLOB_UNKNOWN', message)
}

function mediaTypeOf(content: JsonObject, contentType: string | undefined): string {
  const [sent] = (contentType ?? '').split(';')
  const written = content['mediaType']
  const mediaType = sent?.trim() || written
  if (typeof mediaType !== 'string' || !MANIFEST_MEDIA_TYPES.includes(mediaType)) {
    throw invalid(`it is not of one of the types ${MANIFEST_MEDIA_TYPES.join(', ')}`)
  }
  if (written !== undefined && written !== mediaType) throw invalid('its mediaType contradicts the Content-Type')
  // Otherwise readers of the fields and readers of the media type would see different images.
  if ('manifests' in content !== isIndexType(mediaType)) throw invalid(`its content is not that of ${mediaType}`)
  return mediaType
}

function childrenOf(content: JsonObject): CheckedManifest['needs'] {
  return listIn(content, 'manifests').map((child, index) => {
    const type = isObject(child) ? child['mediaType'] : undefined
    const isManifest = typeof type === 'string' && MANIFEST_MEDIA_TYPES.includes(type)
    return { digest: digestIn(child, `manifests[${index}]`), isManifest }
  })
}

/** Foreign layers need not exist. */
function partsOf(content: JsonObject): CheckedManifest['needs'] {
  const layers = listIn(content, 'layers').map((layer, index) => ({
    digest: digestIn(layer, `layers[${index}]`),
    isManifest: false,
    isElsewhere: isObject(layer) && Array.isArray(layer['urls']) && layer['urls'].length > 0,
  }))
  const config = { digest: digestIn(content['config'], 'config'), isManifest: false }
  return [config, ...layers.filter(({ isElsewhere }) => !isElsewhere)]
}

function listIn(content: JsonObject, field: string): readonly unknown[] {
  const list = content[field]
  if (!Array.isArray(list)) throw invalid(`its ${field} is not a list`)
  return list
}

function digestIn(descriptor: unknown, place: string): Digest {
  if (isObject(descriptor)) {
    const { digest, size, mediaType } = descriptor
    const isWhole = typeof mediaType === 'string' && Number.isSafeInteger(size) && Number(size) >= 0
    if (isWhole && typeof digest === 'string' && isDigest(digest)) return digest
  }
  throw invalid(`its ${place} is not a descriptor with media type, size and digest`)
}

function parseObject(bytes: Uint8Array): JsonObject {
  try {
    const value: unknown = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (isObject(value)) return value
  } catch {
    throw invalid('it is not JSON')
  }
  throw invalid('it is not a JSON object')
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError(400, 'MANIFEST_INVALID', `the manifest is not valid: ${reason}`)
}
