import { CancelledError, HostError } from '../model/errors.js'

/** Fetches a file through the proxies of the environment. @throws HostError DOWNLOAD_FAILED; CancelledError */
export async function download(url: string, signal?: AbortSignal): Promise<Response> {
  const { EnvHttpProxyAgent, fetch } = await import('undici')
  try {
    const answer = await fetch(url, { dispatcher: new EnvHttpProxyAgent(), ...(signal && { signal }) })
    if (answer.ok) return answer as unknown as Response
    await answer.body?.cancel()
    throw failed(url, `answered ${answer.status} ${answer.statusText}`)
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(signal.reason)
    throw error instanceof HostError ? error : failed(url, 'could not be reached', error)
  }
}

function failed(url: string, what: string, cause?: unknown): HostError {
  return new HostError('DOWNLOAD_FAILED', `${url} ${what}`, {
    cause,
    hint: 'look at the address, and at HTTP_PROXY and HTTPS_PROXY where there is a proxy',
  })
}
