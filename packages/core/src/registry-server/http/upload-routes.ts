import { algorithmOf, DIGEST_ALGORITHMS, type Digest, type DigestAlgorithm, isDigest } from '../../model/digest.js'
import { isDiskFull } from '../../model/disk-full.js'
import { isRepositoryPath } from '../../model/reference.js'
import { ProtocolError } from '../protocol-error.js'
import type { Store } from '../store/store.js'
import type { Upload } from '../store/upload.js'
import { parseContentRange } from './byte-range.js'
import type { Exchange } from './exchange.js'
import { checkedDigest } from './route.js'

/**
 * `POST`: starts an upload, uploads a blob in one request, or mounts a blob of another repository.
 *
 * @throws ProtocolError DIGEST_INVALID
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-blobs
 */
export async function startUpload(store: Store, exchange: Exchange, name: string): Promise<void> {
  const mounted = await mountBlob(store, exchange.query, name)
  if (mounted !== undefined) return answerCreated(exchange, name, mounted)
  const requested = exchange.query.get('digest')
  const digest = requested === null ? undefined : checkedDigest(requested)
  const upload = await store.uploads.start(
    name,
    digest === undefined ? expectedAlgorithm(exchange.query) : algorithmOf(digest),
  )
  if (digest === undefined) return answerProgress(exchange, 202, upload)
  try {
    await receive(store, exchange, upload)
    await finish(store, exchange, upload, digest)
  } catch (error) {
    // The client does not have the URL of this upload.
    await store.uploads.discard(upload)
    throw error
  }
}

/** Mounts a blob; returns undefined if that fails, so that the client uploads it. */
async function mountBlob(store: Store, query: URLSearchParams, to: string): Promise<Digest | undefined> {
  const [digest, from] = [query.get('mount'), query.get('from')]
  if (digest === null || from === null || !isDigest(digest) || !isRepositoryPath(from)) return undefined
  return (await store.mountBlob(from, to, digest)) ? digest : undefined
}

/** `PATCH`: adds a chunk, or a stream of unknown length. */
export async function continueUpload(store: Store, exchange: Exchange, name: string, id: string): Promise<void> {
  const upload = store.uploads.get(name, id)
  await receive(store, exchange, upload)
  await answerProgress(exchange, 202, upload)
}

/**
 * `PUT`: adds the last chunk, which may be empty, and completes the upload if its digest matches.
 *
 * @throws ProtocolError DIGEST_INVALID
 */
export async function finishUpload(store: Store, exchange: Exchange, name: string, id: string): Promise<void> {
  const digest = checkedDigest(exchange.query.get('digest') ?? '')
  const upload = store.uploads.get(name, id)
  await receive(store, exchange, upload)
  await finish(store, exchange, upload, digest)
}

/** `GET`: the progress of an upload, for clients that lost their connection. */
export async function describeUpload(store: Store, exchange: Exchange, name: string, id: string): Promise<void> {
  const upload = store.uploads.get(name, id)
  await upload.interrupt()
  await answerProgress(exchange, 204, upload)
}

/** `DELETE`: cancels an upload. */
export async function cancelUpload(store: Store, exchange: Exchange, name: string, id: string): Promise<void> {
  await store.uploads.discard(store.uploads.get(name, id))
  await exchange.answer(204)
}

/**
 * Receives a body. Bytes sent before a client disconnects are kept; bytes that could not be stored are deleted, so that
 * a full disk has space again.
 */
async function receive(store: Store, exchange: Exchange, upload: Upload): Promise<void> {
  const range = exchange.header('content-range')
  const length = exchange.header('content-length')
  try {
    await upload.append(exchange.body, () => checkPosition(range, length, upload))
  } catch (error) {
    const isOfClient = error instanceof ProtocolError || (exchange.isLost && !isDiskFull(error))
    if (!isOfClient) await store.uploads.discard(upload)
    throw error
  }
}

/** An optional hint; the digest at the end is authoritative. */
function expectedAlgorithm(query: URLSearchParams): DigestAlgorithm | undefined {
  const named = query.get('digest-algorithm')
  return DIGEST_ALGORITHMS.find((algorithm) => algorithm === named)
}

/** @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-a-blob-in-chunks */
function checkPosition(range: string | undefined, length: string | undefined, upload: Upload): void {
  if (range === undefined) return
  const parsed = parseContentRange(range)
  if (parsed === undefined) throw new ProtocolError(400, 'BLOB_UPLOAD_INVALID', 'the Content-Range cannot be read')
  if (length !== undefined && Number(length) !== parsed.last - parsed.first + 1) {
    throw new ProtocolError(400, 'SIZE_INVALID', 'Content-Range contradicts Content-Length')
  }
  if (parsed.first === upload.size) return
  const message = `the upload continues at ${upload.size}, not at ${parsed.first}`
  throw new ProtocolError(416, 'BLOB_UPLOAD_INVALID', message, progressHeaders(upload))
}

async function finish(store: Store, exchange: Exchange, upload: Upload, digest: Digest): Promise<void> {
  upload.seal()
  if ((await upload.digest(algorithmOf(digest))) !== digest) {
    await store.uploads.discard(upload)
    throw new ProtocolError(400, 'DIGEST_INVALID', `the ${upload.size} uploaded bytes do not match ${digest}`)
  }
  await store.addBlob(upload, digest)
  await answerCreated(exchange, upload.repository, digest)
}

async function answerCreated(exchange: Exchange, name: string, digest: Digest): Promise<void> {
  await exchange.answer(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
}

async function answerProgress(exchange: Exchange, status: number, upload: Upload): Promise<void> {
  await exchange.answer(status, progressHeaders(upload))
}

/** The protocol has no value for an upload without bytes: `0-0` is what clients accept. */
function progressHeaders(upload: Upload): Record<string, string> {
  return {
    location: `/v2/${upload.repository}/blobs/uploads/${upload.id}`,
    range: `0-${Math.max(0, upload.size - 1)}`,
    'docker-upload-uuid': upload.id,
  }
}
