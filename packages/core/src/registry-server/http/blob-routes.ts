import type { Digest } from '../../model/digest.js'
import { ProtocolError } from '../protocol-error.js'
import type { OpenContent } from '../store/content-store.js'
import type { Store } from '../store/store.js'
import { type ByteRange, parseRange } from './byte-range.js'
import type { Exchange } from './exchange.js'

/**
 * `GET` and `HEAD` of a blob.
 *
 * @throws ProtocolError BLOB_UNKNOWN
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-blobs
 */
export async function sendBlob(store: Store, exchange: Exchange, name: string, digest: Digest): Promise<void> {
  const content = await store.openBlob(name, digest)
  if (content === undefined) throw unknownBlob(name, digest)
  try {
    await sendContent(exchange, digest, content)
  } finally {
    await content.file.close()
  }
}

async function sendContent(exchange: Exchange, digest: Digest, { file, size }: OpenContent): Promise<void> {
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag: `"${digest}"`,
  }
  const range = wantedRange(exchange, digest, size)
  if (range === 'unsatisfiable') {
    throw new ProtocolError(416, 'SIZE_INVALID', `the blob has only ${size} bytes`, {
      'content-range': `bytes */${size}`,
    })
  }
  const { first, last } = range ?? { first: 0, last: size - 1 }
  const part = range && { 'content-range': `bytes ${first}-${last}/${size}` }
  const length = { 'content-length': last - first + 1 }
  // `start` and `end` of a file stream cannot express an empty range.
  const body = file.createReadStream({ start: first, end: Math.max(first, last), autoClose: false })
  await exchange.answerStream(part ? 206 : 200, { ...headers, ...length, ...part }, body)
}

/** `If-Range` can be ignored: the content of a digest never changes. */
function wantedRange(exchange: Exchange, digest: Digest, size: number): ByteRange | 'unsatisfiable' | undefined {
  const condition = exchange.header('if-range')
  if (condition !== undefined && condition !== `"${digest}"`) return undefined
  return parseRange(exchange.header('range'), size)
}

/**
 * `DELETE` of a blob.
 *
 * @throws ProtocolError BLOB_UNKNOWN
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#deleting-blobs
 */
export async function deleteBlob(store: Store, exchange: Exchange, name: string, digest: Digest): Promise<void> {
  if (!(await store.removeBlob(name, digest))) throw unknownBlob(name, digest)
  await exchange.answer(202)
}

function unknownBlob(name: string, digest: Digest): ProtocolError {
  return new ProtocolError(404, 'BLOB_UNKNOWN', `${name} has no blob ${digest}`)
}
