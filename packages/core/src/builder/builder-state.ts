import { normalizePlatform } from '../model/platform.js'
import type { BuildSessions } from './build/build-sessions.js'
import { measureClock } from './build/clock.js'
import type { BuildKitClient } from './buildkit/client.js'
import type { Worker } from './buildkit/control-schema.js'
import type { BuilderCall, BuilderState, BuilderWorker } from './port.js'

/** Requests workers, cache and clock of a BuildKit. Rejects as its client does. */
export async function inspectBuildKit(
  buildKit: BuildKitClient,
  sessions: BuildSessions,
  { signal }: BuilderCall,
): Promise<BuilderState> {
  const control = await buildKit.control(signal)
  const [workers, records, clockOffset] = await Promise.all([
    control.listWorkers({ signal }),
    control.diskUsage({ signal }),
    measureClock(control, sessions, signal),
  ])
  const sum = (some: typeof records) => some.reduce((total, { Size }) => total + Size, 0)
  return {
    workers: workers.map(readWorker),
    cache: { size: sum(records), inUse: sum(records.filter(({ InUse }) => InUse)) },
    clockOffset,
  }
}

function readWorker({ platforms, GCPolicy }: Worker): BuilderWorker {
  return { platforms: platforms.map(normalizePlatform), gcRules: GCPolicy }
}
