import { type Digest, isDigest } from '../../model/digest.js'
import { isRepositoryPath, isTag } from '../../model/reference.js'
import { ProtocolError } from '../protocol-error.js'

/** The resource that a path of the distribution API addresses. */
export type Route =
  | { readonly kind: 'probe' }
  | { readonly kind: 'token' }
  | { readonly kind: 'blob'; readonly name: string; readonly digest: Digest }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly id: string }
  | { readonly kind: 'manifest'; readonly name: string; readonly reference: ManifestReference }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'referrers'; readonly name: string; readonly digest: Digest }

/** A manifest by tag or digest. */
export type ManifestReference = { readonly digest: Digest } | { readonly tag: string }

/** Greedy, so that a repository may have a component `blobs` or `manifests`. */
const PATHS = {
  uploads: /^\/v2\/(.+)\/blobs\/uploads\/?$/,
  upload: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
  blob: /^\/v2\/(.+)\/blobs\/([^/]+)$/,
  manifest: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
  tags: /^\/v2\/(.+)\/tags\/list$/,
  referrers: /^\/v2\/(.+)\/referrers\/([^/]+)$/,
} as const

/**
 * Parses the path of a request as sent, without normalisation.
 *
 * @throws ProtocolError NAME_INVALID, NAME_UNKNOWN, DIGEST_INVALID, MANIFEST_INVALID
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#endpoints
 */
export function parseRoute(rawPath: string): Route {
  const path = decode(rawPath)
  if (path === '/v2/' || path === '/v2') return { kind: 'probe' }
  if (path === '/token') return { kind: 'token' }
  for (const [kind, pattern] of Object.entries(PATHS) as [keyof typeof PATHS, RegExp][]) {
    const [, name, last = ''] = pattern.exec(path) ?? []
    if (name !== undefined) return routeOf(kind, checkedName(name), last)
  }
  throw new ProtocolError(404, 'NAME_UNKNOWN', 'the path does not exist')
}

function routeOf(kind: keyof typeof PATHS, name: string, last: string): Route {
  switch (kind) {
    case 'uploads':
    case 'tags':
      return { kind, name }
    case 'upload':
      return { kind, name, id: last }
    case 'blob':
    case 'referrers':
      return { kind, name, digest: checkedDigest(last) }
    case 'manifest':
      return { kind, name, reference: manifestReference(last) }
  }
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new ProtocolError(400, 'NAME_INVALID', 'the path is not valid percent-encoding')
  }
}

/** @throws ProtocolError NAME_INVALID */
function checkedName(name: string): string {
  if (isRepositoryPath(name)) return name
  throw new ProtocolError(400, 'NAME_INVALID', 'the name of the repository is not valid')
}

/**
 * Parses a digest in a path or query.
 *
 * @throws ProtocolError DIGEST_INVALID
 */
export function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text
  throw new ProtocolError(
    400,
    'DIGEST_INVALID',
    'the digest is neither `sha256:` and 64 hex digits nor `sha512:` and 128',
  )
}

function manifestReference(text: string): ManifestReference {
  return text.includes(':') ? { digest: checkedDigest(text) } : { tag: text }
}

/**
 * Validates a tag to store a manifest under. Tags in read requests need no validation: an invalid one is unknown.
 *
 * @throws ProtocolError MANIFEST_INVALID
 */
export function checkedTag(tag: string): string {
  if (isTag(tag)) return tag
  throw new ProtocolError(400, 'MANIFEST_INVALID', 'the tag is not valid')
}
