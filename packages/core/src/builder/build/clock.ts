import { randomUUID } from 'node:crypto'
import type { ControlClient } from '../buildkit/control.js'
import { GrpcError } from '../buildkit/grpc/grpc-error.js'
import { memoryDirectory } from '../buildkit/session/files/memory-directory.js'
import { millisecondsOf } from '../buildkit/status.js'
import type { BuildSessions } from './build-sessions.js'
import { DOCKERFILE_FRONTEND } from './solve-request.js'

/** An empty build. The times of its steps are the only ones that BuildKit's API reports. */
const DIRECTORIES = { context: memoryDirectory({}), dockerfile: memoryDirectory({ Dockerfile: 'FROM scratch\n' }) }

/**
 * Measures how far the clock of a BuildKit is ahead of this machine's, in milliseconds: 0 if its times are between those of
 * the request and of the answer.
 *
 * @returns undefined if it reports no step
 */
export async function measureClock(
  control: ControlClient,
  sessions: BuildSessions,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  return sessions.use({ directories: DIRECTORIES, sharedKey: 'clock' }, signal, async ({ id }) => {
    const ref = randomUUID()
    const sentAt = Date.now()
    const request = { ref, session: id, frontend: DOCKERFILE_FRONTEND, frontendAttributes: {}, isInternal: true }
    // Failed builds have a start time too.
    const solving = control.solve(request, { signal }).catch((error: unknown) => {
      if (!(error instanceof GrpcError)) throw error
    })
    const [started] = await Promise.all([firstStart(control, ref, signal), solving])
    return started === undefined ? undefined : offsetOf(started, sentAt, Date.now())
  })
}

/** Reads the report to its end, at which the build ends too. */
async function firstStart(
  control: ControlClient,
  ref: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let first: number | undefined
  for await (const { vertexes } of control.status(ref, { signal })) {
    for (const { started } of vertexes) if (started !== null) first ??= millisecondsOf(started)
  }
  return first
}

/** The distance of a time from a period; 0 within it. */
export function offsetOf(moment: number, from: number, to: number): number {
  return Math.round(Math.min(moment - from, 0) || Math.max(moment - to, 0))
}
