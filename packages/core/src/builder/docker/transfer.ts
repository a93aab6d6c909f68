import type { Readable } from 'node:stream'
import { type Digest, isDigest } from '../../model/digest.js'
import { EngineError, type EngineErrorCode } from '../../model/errors.js'
import { formatPlatform, type Platform } from '../../model/platform.js'
import { formatReference, formatRepository, type Reference, withDefaultTag } from '../../model/reference.js'
import type { CredentialStore } from '../../registry/port.js'
import { mediaTypeHint } from '../build/media-type-hint.js'
import type { BuilderCall } from '../port.js'
import { compareApiVersions } from './connection/api-version.js'
import type { Connection } from './connection/connection.js'
import { lookUp } from './distribution.js'
import { readMessages, StreamFailure, type StreamMessage } from './message-stream.js'
import { registryHeaders } from './registry-auth.js'

/** The first API whose push takes a platform. @see https://docs.docker.com/reference/api/engine/version-history/ */
const PUSH_PLATFORM_API = '1.46'

/** Pushes one tag, or one of its platforms. Rejects as documented at the port. */
export async function push(
  connection: Connection,
  credentials: CredentialStore,
  [reference, platform]: readonly [Reference, Platform],
  { signal, onEvent }: BuilderCall,
): Promise<Digest> {
  const { tag } = withDefaultTag(reference)
  const { negotiated } = await connection.version(signal)
  const takesPlatform = compareApiVersions(negotiated, PUSH_PLATFORM_API) >= 0
  const stream = await connection.send({
    method: 'POST',
    path: `/images/${formatRepository(reference)}/push`,
    query: { tag: tag ?? '', ...(takesPlatform && { platform: JSON.stringify(platform) }) },
    headers: await registryHeaders(credentials, reference, { signal }),
    signal,
  })
  let digest: Digest | undefined
  await readTransfer(stream, 'PUSH_FAILED', `push ${formatReference(reference)}`, (message) => {
    digest = pushedDigest(message) ?? digest
    report('push', message, onEvent)
  })
  // With the containerd image store, engines report the digest only in a sentence.
  digest ??= await lookUp(connection, credentials, reference, { signal })
  if (digest !== undefined) return digest
  throw new EngineError(
    'PUSH_FAILED',
    `the engine pushed ${formatReference(reference)}, but the registry does not have it`,
  )
}

/**
 * Repeats a rejected push once. Engines retry layers, but not manifests, and docker-registry 2 may reject a manifest
 * while another engine writes a shared layer.
 */
export async function withSecondTry<T>(pushing: () => Promise<T>): Promise<T> {
  try {
    return await pushing()
  } catch (error) {
    if (error instanceof EngineError && error.cause instanceof StreamFailure) return pushing()
    throw error
  }
}

/** Pulls one platform of a tag or digest. Rejects as documented at the port. */
export async function pull(
  connection: Connection,
  credentials: CredentialStore,
  [reference, platform]: readonly [Reference, Platform],
  { signal, onEvent }: BuilderCall,
): Promise<void> {
  const { digest, tag = '' } = withDefaultTag(reference)
  const stream = await connection.send({
    method: 'POST',
    path: '/images/create',
    query: { fromImage: formatRepository(reference), tag: digest ?? tag, platform: formatPlatform(platform) },
    headers: await registryHeaders(credentials, reference, { signal }),
    signal,
  })
  const what = `pull ${formatReference(reference)} for ${formatPlatform(platform)}`
  await readTransfer(stream, 'PULL_FAILED', what, (message) => report('pull', message, onEvent))
}

async function readTransfer(
  stream: Readable,
  code: EngineErrorCode,
  what: string,
  onMessage: (message: StreamMessage) => void,
): Promise<void> {
  try {
    await readMessages(stream, onMessage)
  } catch (cause) {
    if (!(cause instanceof StreamFailure)) throw cause
    // An engine with the older image store pushes Docker's media types.
    const hint = code === 'PUSH_FAILED' ? mediaTypeHint(cause.message, 'docker') : undefined
    throw new EngineError(code, `the engine could not ${what}: ${cause.message}`, { cause, ...(hint && { hint }) })
  }
}

/** The digest in the message that ends a push from the older image store; others carry an `aux` of another shape. */
function pushedDigest({ aux }: StreamMessage): Digest | undefined {
  const digest = aux?.['Digest']
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined
}

/** Short digests are ids of layers; messages about the whole image have a tag or repository in the same field. */
const LAYER = /^[a-f0-9]{12}$/

function report(direction: 'push' | 'pull', message: StreamMessage, onEvent: BuilderCall['onEvent']): void {
  const { id: layer, status, current, total } = message
  if (layer === undefined || status === undefined || !LAYER.test(layer)) return
  onEvent?.({
    kind: 'engine-transfer',
    direction,
    layer,
    status,
    ...(current !== undefined && { bytes: current }),
    ...(total !== undefined && total > 0 && { total }),
  })
}
