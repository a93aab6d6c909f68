import type { Digest } from '../model/digest.js'
import type { Exchange } from './exchange.js'
import { checkManifest } from './manifest-check.js'
import { ProtocolError } from './protocol-error.js'
import { checkedTag, type ManifestReference } from './route.js'
import type { Store } from './store.js'

/** In bytes. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests */
const MAX_MANIFEST_SIZE = 4 * 1024 * 1024

/** In bytes. A client that sends a little too much reads its answer only when it has sent all; one that goes on is cut. */
const DRAINED_SIZE = 4 * MAX_MANIFEST_SIZE

/**
 * `GET` and `HEAD` of a manifest. It is sent whatever the client accepts, since there is no other form of it.
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
  if (manifest === undefined) throw unknownManifest(name, reference)
  const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': manifest.digest }
  await exchange.answer(200, { ...headers, etag: `"${manifest.digest}"` }, manifest.bytes)
}

/**
 * `PUT` of a manifest, all of whose parts must be in the repository.
 *
 * @throws ProtocolError MANIFEST_INVALID, MANIFEST_BLOB_UNKNOWN, DIGEST_INVALID, SIZE_INVALID
 */
export async function receiveManifest(
  store: Store,
  exchange: Exchange,
  name: string,
  reference: ManifestReference,
): Promise<void> {
  const tag = 'tag' in reference ? checkedTag(reference.tag) : undefined
  const manifest = checkManifest(await readBody(exchange), exchange.header('content-type'))
  if ('digest' in reference) compareDigest(manifest.digest, reference.digest)
  await store.putManifest(name, manifest, tag)
  await exchange.answer(201, {
    location: `/v2/${name}/manifests/${manifest.digest}`,
    'docker-content-digest': manifest.digest,
    ...(manifest.subject !== undefined && { 'oci-subject': manifest.subject }),
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
  for await (const chunk of exchange.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size <= MAX_MANIFEST_SIZE) chunks.push(chunk)
    if (size > DRAINED_SIZE) exchange.request.destroy()
  }
  if (size <= MAX_MANIFEST_SIZE) return Buffer.concat(chunks)
  throw new ProtocolError(413, 'SIZE_INVALID', `manifests of more than ${MAX_MANIFEST_SIZE} bytes are refused`)
}

function compareDigest(actual: Digest, wanted: Digest): void {
  if (actual === wanted) return
  throw new ProtocolError(400, 'DIGEST_INVALID', `the manifest that came is ${actual}, not ${wanted}`)
}

function unknownManifest(name: string, reference: ManifestReference): ProtocolError {
  const which = 'digest' in reference ? reference.digest : `tag ${reference.tag}`
  return new ProtocolError(404, 'MANIFEST_UNKNOWN', `${name} has no manifest ${which}`)
}
