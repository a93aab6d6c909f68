import type { Readable } from 'node:stream'
import { streamOf } from '../model/async/stream-of.js'
import { CancelledError, HostError } from '../model/errors.js'
import { isLoopback } from '../model/loopback.js'
import { shownLocation } from '../model/shown-location.js'
import { retrying } from '../registry/http/backoff.js'
import type { HttpAnswer } from '../registry/http/http-message.js'
import { Transport } from '../registry/http/transport.js'
import { DEFAULT_RETRY, DEFAULT_TIMEOUTS } from '../registry/options.js'

/**
 * Archives are published over plain HTTP too: their content is compared with a known hash or signature. No other host
 * may redirect to plain HTTP on loopback, because local services trust their callers.
 */
const ANY_HOST = {
  mayUse: (url: URL, from?: URL) =>
    from === undefined || url.protocol === 'https:' || !isLoopback(url.hostname) || isLoopback(from.hostname),
  settingsOf: () => undefined,
}

/**
 * Fetches a file through the proxies of the environment. The stream fails with the same errors.
 *
 * @throws HostError DOWNLOAD_FAILED; CancelledError
 * @example
 * ```ts
 * const index = await buffer(await download(`${mirror}/repodata/repomd.xml`, signal))
 * ```
 */
export async function download(url: string, signal?: AbortSignal): Promise<Readable> {
  const content = await downloadIfThere(url, signal)
  if (content !== undefined) return content
  throw failed(`${shownLocation(url)} does not exist`)
}

/**
 * Fetches a file like {@link download}; returns undefined if it does not exist.
 *
 * @throws HostError DOWNLOAD_FAILED; CancelledError
 * @example
 * ```ts
 * if ((await downloadIfThere(url, signal)) === undefined) return { state: 'wrong', message: `${url} does not exist` }
 * ```
 */
export async function downloadIfThere(url: string, signal?: AbortSignal): Promise<Readable | undefined> {
  const transport = new Transport({ hosts: ANY_HOST, timeouts: DEFAULT_TIMEOUTS, useProxies: true })
  const close = () => transport[Symbol.asyncDispose]()
  try {
    const get = () => transport.send({ method: 'GET', url: new URL(url), headers: {} }, signal)
    const answer = await retrying(DEFAULT_RETRY, { signal }, get)
    if (answer.status === 200) return streamOf(contentOf(answer, url, signal), () => void close())
    if (answer.status !== 404 && answer.status !== 410) throw failed(`${shownLocation(url)} answered ${answer.status}`)
    await close()
    return undefined
  } catch (error) {
    await close()
    throw failure(error, url, signal)
  }
}

async function* contentOf({ body }: HttpAnswer, url: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>
  } catch (error) {
    throw failure(error, url, signal)
  }
}

function failure(error: unknown, url: string, signal: AbortSignal | undefined): Error {
  if (signal?.aborted) return new CancelledError(signal.reason)
  if (error instanceof HostError) return error
  return failed(`${shownLocation(url)} could not be fetched: ${error instanceof Error ? error.message : error}`, error)
}

function failed(message: string, cause?: unknown): HostError {
  return new HostError('DOWNLOAD_FAILED', message, {
    cause,
    hint: 'check the address; behind a proxy, check HTTP_PROXY and HTTPS_PROXY',
  })
}
