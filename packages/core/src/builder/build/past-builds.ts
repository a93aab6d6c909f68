import { timeLimit } from '../../model/async/time-limit.js'
import { parsePlatform, platformIdentity } from '../../model/platform.js'
import { formatRepository, parseReference } from '../../model/reference.js'
import type { BuildKitClient } from '../buildkit/client.js'
import type { BuildRecord } from '../buildkit/control-schema.js'
import { millisecondsOf } from '../buildkit/status.js'
import { type PastBuilds, pastBuildKey } from '../port.js'

/** Milliseconds that a builder may take to list its builds: without them, builds only miss their caches. */
const TIME_LIMIT = 5000

/** The most builds that are read. */
const MAX_BUILDS = 10_000

/**
 * Reads the builds that a BuildKit remembers: those that it sent before an error or the time limit. Nothing but the choice of
 * a builder depends on them, and a builder that is lost fails the next request.
 *
 * @throws the signal's reason
 */
export async function readPastBuilds(buildKit: BuildKitClient, signal: AbortSignal | undefined): Promise<PastBuilds> {
  const limit = timeLimit(TIME_LIMIT, ...(signal ? [signal] : []))
  const past = new Map<string, number>()
  try {
    const control = await buildKit.control(limit)
    let count = 0
    for await (const record of control.history({ signal: limit })) {
      for (const [key, time] of buildOf(record)) past.set(key, Math.max(time, past.get(key) ?? 0))
      if (++count === MAX_BUILDS) break
    }
  } catch {
    signal?.throwIfAborted()
  }
  return past
}

/** The pushed image of a build that succeeded, with its time. */
function buildOf({ FrontendAttrs, Exporters, error, CreatedAt, CompletedAt }: BuildRecord): [string, number][] {
  if ((error !== null && error.code !== 0) || CreatedAt === null || CompletedAt === null) return []
  const platform = parsePlatform(FrontendAttrs['platform'] ?? '')
  const time = millisecondsOf(CompletedAt) - millisecondsOf(CreatedAt)
  return Exporters.flatMap(({ Attrs }): [string, number][] => {
    const reference = parseReference(Attrs['name'] ?? '')
    if (reference === undefined || platform === undefined) return []
    return [[pastBuildKey(formatRepository(reference), platformIdentity(platform)), time]]
  })
}
