import { algorithmOf, type Digest } from '../../model/digest.js'
import { LIMITS } from '../../model/limits.js'
import { ProtocolError } from '../protocol-error.js'
import { checkManifest } from '../store/manifest-check.js'
import type { Store } from '../store/store.js'
import type { Exchange } from './exchange.js'
import { checkedTag, type ManifestReference } from './route.js'

/**
 * `GET` and `HEAD` of a manifest. The `Accept` header is ignored, because a manifest has one form only.
 *
 * @throws ProtocolError MANIFEST_UNKNOWN
 */
export async function sendManifest(
  store: Store,
  exchange: Exchange,
  name: string,
  reference: ManifestReference,
): Promise<void> {
  const digest = 'digest' in reference ? reference.digest : store.resolveTag(name, reference.tag)
  const manifest = digest && (await store.readManifest(name, digest))
  if (manifest === undefined)
    throw digest !== undefined && store.holdsManifest(name, digest)
      ? damagedManifest(name, digest)
      : unknownManifest(name, reference)
  const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest }
  await exchange.answer(200, { ...headers, etag: `"${manifest.digest}"` }, manifest.bytes)
}

/**
 * `PUT` of a manifest whose content must be in the repository. A push by digest may name tags in parameters; a push by
 * tag uses sha256.
 *
 * @throws ProtocolError MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN, DIGEST_INVALID, SIZE_INVALID
 */
export async function receiveManifest(
  store: Store,
  exchange: Exchange,
  name: string,
  reference: ManifestReference,
): Promise<void> {
  const given = 'tag' in reference ? [reference.tag] : exchange.query.getAll('tag')
  const tags = given.map(checkedTag)
  const algorithm = 'digest' in reference ? algorithmOf(reference.digest) : undefined
  const manifest = checkManifest(await readBody(exchange), exchange.header('content-type'), algorithm)
  if ('digest' in reference) compareDigest(manifest.digest, reference.digest)
  await store.putManifest(name, manifest, tags)
  await exchange.answer(201, {
    location: `/v2/${name}/manifests/${manifest.digest}`,
    'docker-content-digest': manifest.digest,
    ...(manifest.subject !== undefined && { 'oci-subject': manifest.subject }),
    ...('digest' in reference && tags.length > 0 && { 'oci-tag': tags.join(', ') }),
  })
}

/**
 * `DELETE` of a tag, or of a manifest and all tags that point to it.
 *
 * @throws ProtocolError MANIFEST_UNKNOWN
 */
export async function deleteManifest(
  store: Store,
  exchange: Exchange,
  name: string,
  reference: ManifestReference,
): Promise<void> {
  const removed =
    'digest' in reference ? store.removeManifest(name, reference.digest) : store.removeTag(name, reference.tag)
  if (!(await removed)) throw unknownManifest(name, reference)
  await exchange.answer(202)
}

async function readBody(exchange: Exchange): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of exchange.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > LIMITS.manifest) {
      throw new ProtocolError(413, 'SIZE_INVALID', `the manifest exceeds the limit of ${LIMITS.manifest} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function compareDigest(actual: Digest, expected: Digest): void {
  if (actual === expected) return
  throw new ProtocolError(400, 'DIGEST_INVALID', `the manifest has the digest ${actual}, not ${expected}`)
}

/** Reported as unknown, so that a client pushes it again. */
function damagedManifest(name: string, digest: Digest): ProtocolError {
  const message = `manifest ${digest} of ${name} is missing or damaged on the disk of the registry: push it again, or delete it`
  return new ProtocolError(404, 'MANIFEST_UNKNOWN', message)
}

function unknownManifest(name: string, reference: ManifestReference): ProtocolError {
  const which = 'digest' in reference ? reference.digest : `tag ${reference.tag}`
  return new ProtocolError(404, 'MANIFEST_UNKNOWN', `${name} has no manifest ${which}`)
}
