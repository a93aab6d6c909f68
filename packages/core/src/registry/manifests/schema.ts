import { type DigestAlgorithm, digestOf } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { LIMITS } from '../../model/limits.js'
import {
  type Descriptor,
  type ImageIndex,
  type ImageManifest,
  isIndexType,
  isManifestType,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../model/oci.js'
import { isImage } from '../image-config.js'
import { asObject, checkAnnotations, type Json, parseDescriptor, unsupported } from './descriptor-schema.js'

/** Generic media types: servers use them if the type of a file is unknown. */
const GENERIC: ReadonlySet<string> = new Set(['', 'application/json', 'application/octet-stream', 'text/plain'])
const SCHEMA_1: ReadonlySet<string> = new Set([MEDIA_TYPES.dockerManifestV1, MEDIA_TYPES.dockerManifestV1Signed])

/**
 * Parses a manifest or index, and validates everything that polyarch relies on.
 *
 * @param contentType - of the response, with or without parameters
 * @param where - What it is, for messages.
 * @param algorithm - of the manifest's digest
 * @throws RegistryError MANIFEST_UNSUPPORTED
 */
export function parseManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
  where: string,
  algorithm?: DigestAlgorithm,
): StoredManifest {
  const json = parseObject(bytes, where)
  const mediaType = mediaTypeOf(json, essence(contentType), where)
  const content = isIndexType(mediaType) ? indexOf(json, where) : manifestOf(json, where)
  return { descriptor: { mediaType, digest: digestOf(bytes, algorithm), size: bytes.byteLength }, bytes, content }
}

/** The media type without its parameters, in lower case. */
export function essence(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/**
 * Rejects unsupported media types.
 *
 * @throws RegistryError MANIFEST_UNSUPPORTED
 */
export function checkMediaType(mediaType: string, where: string): void {
  if (SCHEMA_1.has(mediaType)) throw schema1(where)
  if (!isIndexType(mediaType) && !isManifestType(mediaType))
    throw unsupported(where, `its media type is '${mediaType}'`)
}

/** Whether a content type does not state the kind of manifest. */
export function isGenericType(mediaType: string): boolean {
  return GENERIC.has(mediaType)
}

function parseObject(bytes: Uint8Array, where: string): Json {
  let value: unknown
  try {
    value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw unsupported(where, 'it is not JSON')
  }
  return asObject(value, where, 'it')
}

/** The media type of the content must equal that of the response: reading the same bytes as two types is an attack. */
function mediaTypeOf(json: Json, contentType: string, where: string): string {
  if (SCHEMA_1.has(contentType) || json['schemaVersion'] === 1) throw schema1(where)
  if (json['schemaVersion'] !== 2)
    throw unsupported(where, `its schemaVersion is ${JSON.stringify(json['schemaVersion'])}`)
  const own = optionalText(json, 'mediaType', where)
  if (own !== undefined && !GENERIC.has(contentType) && own !== contentType) {
    throw unsupported(where, `its mediaType is '${own}', the Content-Type '${contentType}'`)
  }
  const listed = 'manifests' in json
  if (listed && ('layers' in json || 'config' in json)) throw unsupported(where, 'it is both an image and an index')
  const mediaType =
    own ?? (GENERIC.has(contentType) ? (listed ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest) : contentType)
  checkMediaType(mediaType, where)
  return mediaType
}

function manifestOf(json: Json, where: string): ImageManifest {
  checkCommon(json, where)
  const config = parseDescriptor(json['config'], where, 'config')
  const layers = listOf(json, 'layers', where)
  // Artifacts may have many layers: one per file.
  if (isImage({ config }) && layers.length > LIMITS.layers)
    throw unsupported(where, `it has ${layers.length} layers, more than the limit of ${LIMITS.layers}`)
  return { ...json, schemaVersion: 2, config, layers, ...subjectOf(json, where) }
}

function indexOf(json: Json, where: string): ImageIndex {
  checkCommon(json, where)
  return { ...json, schemaVersion: 2, manifests: listOf(json, 'manifests', where), ...subjectOf(json, where) }
}

function checkCommon(json: Json, where: string): void {
  optionalText(json, 'artifactType', where)
  checkAnnotations(json['annotations'], where, 'annotations')
}

function subjectOf(json: Json, where: string): { readonly subject?: Descriptor } {
  return json['subject'] === undefined ? {} : { subject: parseDescriptor(json['subject'], where, 'subject') }
}

function listOf(json: Json, name: string, where: string): readonly Descriptor[] {
  const list = json[name]
  if (!Array.isArray(list)) throw unsupported(where, `its '${name}' is not a list`)
  return list.map((entry, index) => parseDescriptor(entry, where, `${name}[${index}]`))
}

function optionalText(json: Json, name: string, where: string): string | undefined {
  const value = json[name]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw unsupported(where, `its '${name}' is not a string`)
  return value
}

function schema1(where: string): RegistryError {
  return new RegistryError(
    'MANIFEST_UNSUPPORTED',
    `${where} is an image of Docker's schema 1, which is not supported`,
    {
      hint: 'pull it with an older Docker Engine, and push it again with a current one',
    },
  )
}
