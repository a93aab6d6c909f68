import type { Readable } from 'node:stream'
import type { SessionOptions } from '../buildkit-session/options.js'
import { servicesFor } from '../buildkit-session/services.js'
import { type BuildKitSession, openSession } from '../buildkit-session/session.js'
import type { Ulimit } from '../definition/build-settings.js'
import { EngineError, PolyarchError } from '../model/errors.js'
import { formatPlatform } from '../model/platform.js'
import { formatReference } from '../model/reference.js'
import { withProxyArgs } from '../registry/docker-proxies.js'
import type { CredentialStore } from '../registry/port.js'
import { buildFailed } from './build-failure.js'
import { BuildProgress } from './build-progress.js'
import type { Connection, EngineRequest } from './connection.js'
import { readMessages, StreamFailure, type StreamMessage } from './message-stream.js'
import type { BuildRequest, EngineCall } from './port.js'
import { findCredentials } from './registry-auth.js'
import { decodeTrace } from './trace.js'

/** Builds with BuildKit, which calls back on a session of this build alone. Rejects as the port says. */
export async function build(
  connection: Connection,
  credentials: CredentialStore,
  request: BuildRequest,
  call: EngineCall,
): Promise<{ readonly imageId: string }> {
  const { signal } = call
  const dial = (headers: EngineRequest['headers'] & object) => connection.upgrade({ path: '/session', headers, signal })
  await using session = await openSession(dial, servicesFor(sessionOptions(request, credentials)))
  const context = request.openContext()
  let contextError: Error | undefined
  context.once('error', (error) => {
    contextError = error
  })
  try {
    const query = buildQuery(request, session.id, connection.address)
    const answer = await connection.send({ method: 'POST', path: '/build', query, body: context, signal })
    return { imageId: await readBuild(answer, { request, call, session }) }
  } catch (error) {
    throw contextError === undefined ? error : contextFailure(contextError)
  } finally {
    context.destroy()
  }
}

function sessionOptions({ secrets, ssh }: BuildRequest, credentials: CredentialStore): SessionOptions {
  const find = (host: string) => findCredentials(credentials, host)
  return { credentials: find, ...(secrets && { secrets }), ...(ssh && { ssh }) }
}

interface Running {
  readonly request: BuildRequest
  readonly call: EngineCall
  readonly session: BuildKitSession
}

async function readBuild(answer: Readable, { request, call, session }: Running): Promise<string> {
  const progress = new BuildProgress((event) => call.onEvent?.(event))
  let imageId: string | undefined
  const onMessage = ({ id, aux }: StreamMessage) => {
    if (id === 'moby.buildkit.trace') progress.add(decodeTrace(aux))
    if (id === 'moby.image.id') imageId = (aux as { readonly ID?: string }).ID
  }
  try {
    await readMessages(answer, onMessage)
  } catch (error) {
    if (!(error instanceof StreamFailure)) throw error
    if (session.failure instanceof PolyarchError) throw session.failure
    throw buildFailed(request, error, progress.failedStep(error.message))
  } finally {
    progress.end()
  }
  if (imageId !== undefined) return imageId
  throw new EngineError('BUILD_FAILED', `the build of ${formatReference(request.name)} ended without an image`)
}

/** @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Image/operation/ImageBuild */
function buildQuery(request: BuildRequest, session: string, address: string): NonNullable<EngineRequest['query']> {
  const { labels, cacheFrom, ulimits, shmSize, inlineCache } = request
  const args = withProxyArgs(request.args, request.proxies, address)
  const buildArgs = { ...args, ...(inlineCache && { [INLINE_CACHE_ARG]: '1' }) }
  return {
    // 2 is BuildKit.
    version: '2',
    session,
    platform: formatPlatform(request.platform),
    dockerfile: request.dockerfile,
    t: formatReference(request.name),
    ...(request.target !== undefined && { target: request.target }),
    ...(request.network !== undefined && { networkmode: request.network }),
    ...(request.noCache && { nocache: '1' }),
    ...(request.pull && { pull: '1' }),
    buildargs: JSON.stringify(buildArgs),
    ...(labels && { labels: JSON.stringify(labels) }),
    ...(cacheFrom?.length && { cachefrom: JSON.stringify(cacheFrom) }),
    ...(request.addHosts?.length && { extrahosts: request.addHosts }),
    ...(shmSize !== undefined && { shmsize: String(shmSize) }),
    ...(ulimits?.length && { ulimits: JSON.stringify(ulimits.map(asApiUlimit)) }),
  }
}

/** What the frontend of Dockerfiles takes for the wish to export the cache. */
const INLINE_CACHE_ARG = 'BUILDKIT_INLINE_CACHE'

function asApiUlimit({ name, soft, hard }: Ulimit): object {
  return { Name: name, Soft: soft, Hard: hard }
}

function contextFailure(error: Error): PolyarchError {
  if (error instanceof PolyarchError) return error
  return new EngineError('CONTEXT_UNREADABLE', `the build context could not be read: ${error.message}`, {
    hint: 'See that its files can be read, and that nothing changes them during a build.',
    cause: error,
  })
}
