import { CancelledError, HostError } from '../model/errors.js'

/** Fetches a file through the proxies of the environment. @throws HostError DOWNLOAD_FAILED; CancelledError */
export async function download(url: string, signal?: AbortSignal): Promise<Response> {
  const answer = await downloadIfThere(url, signal)
  if (answer !== undefined) return answer
  throw failed(url, 'is not there')
}

/** The same where the file may not be there: then undefined. @throws HostError DOWNLOAD_FAILED; CancelledError */
export async function downloadIfThere(url: string, signal?: AbortSignal): Promise<Response | undefined> {
  const answer = await ask(url, signal)
  if (answer.ok) return answer
  await answer.body?.cancel()
  if (answer.status === 404 || answer.status === 410) return undefined
  throw failed(url, `answered ${answer.status} ${answer.statusText}`)
}

async function ask(url: string, signal: AbortSignal | undefined): Promise<Response> {
  const { EnvHttpProxyAgent, fetch } = await import('undici')
  try {
    const answer = await fetch(url, { dispatcher: new EnvHttpProxyAgent(), ...(signal && { signal }) })
    return answer as unknown as Response
  } catch (error) {
    if (signal?.aborted) throw new CancelledError(signal.reason)
    throw failed(url, 'could not be reached', error)
  }
}

function failed(url: string, what: string, cause?: unknown): HostError {
  return new HostError('DOWNLOAD_FAILED', `${url} ${what}`, {
    cause,
    hint: 'look at the address, and at HTTP_PROXY and HTTPS_PROXY where there is a proxy',
  })
}
