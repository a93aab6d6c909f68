import { type Digest, isDigest } from '../../model/digest.js'
import { RegistryError } from '../../model/errors.js'
import type { Descriptor } from '../../model/oci.js'
import { normalizePlatform, type Platform } from '../../model/platform.js'

/** A JSON object of unknown content. */
export type Json = Readonly<Record<string, unknown>>

/**
 * Validates a descriptor, keeps unknown fields, and normalises the platform.
 *
 * @param where - The manifest that contains it, for messages.
 * @param path - Its path in that manifest, for messages.
 * @throws RegistryError MANIFEST_UNSUPPORTED
 */
export function parseDescriptor(value: unknown, where: string, path: string): Descriptor {
  const entry = asObject(value, where, `'${path}'`)
  const { mediaType, size } = entry
  if (typeof mediaType !== 'string' || mediaType === '') throw unsupported(where, `'${path}' has no media type`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw unsupported(where, `'${path}' has no size`)
  checkAnnotations(entry['annotations'], where, `${path}.annotations`)
  const { platform, ...rest } = entry
  const known = platform === undefined || platform === null ? {} : { platform: platformOf(platform, where, path) }
  return { ...rest, mediaType, size, digest: digestIn(entry, where, path), ...known }
}

function digestIn(entry: Json, where: string, path: string): Digest {
  const { digest } = entry
  if (typeof digest === 'string' && isDigest(digest)) return digest
  throw unsupported(where, `the digest of '${path}' is not one of sha256 or sha512: ${JSON.stringify(digest)}`)
}

function platformOf(value: unknown, where: string, path: string): Platform {
  const { os, architecture, variant, ...rest } = asObject(value, where, `'${path}.platform'`)
  if (typeof os !== 'string' || typeof architecture !== 'string')
    throw unsupported(where, `'${path}.platform' is incomplete`)
  const version = rest['os.version']
  const features = rest['os.features']
  return normalizePlatform({
    os,
    architecture,
    ...(typeof variant === 'string' && { variant }),
    ...(typeof version === 'string' && { 'os.version': version }),
    ...(Array.isArray(features) && { 'os.features': features.filter((feature) => typeof feature === 'string') }),
  })
}

/** Checks that annotations, if there are any, are texts. */
export function checkAnnotations(value: unknown, where: string, path: string): void {
  if (value === undefined || value === null) return
  const entries = Object.values(asObject(value, where, `'${path}'`))
  if (entries.some((entry) => typeof entry !== 'string'))
    throw unsupported(where, `'${path}' has a value that is not a string`)
}

/** Returns a value as an object. @throws RegistryError MANIFEST_UNSUPPORTED if it is none */
export function asObject(value: unknown, where: string, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw unsupported(where, `${what} is not an object`)
}

/** The error for a manifest that cannot be read. */
export function unsupported(where: string, why: string): RegistryError {
  return new RegistryError('MANIFEST_UNSUPPORTED', `${where} cannot be read as a manifest: ${why}`)
}
