import { randomUUID } from 'node:crypto'
import type { EngineEvent } from '../../model/run/events.js'
import { BuildProgress, type FailedStep } from './build-progress.js'
import { type BuildSource, BuildSources } from './build-sources.js'
import type { ControlClient, SolveRequest } from './control.js'
import { GrpcError } from './grpc/grpc-error.js'

/** Result of a build. */
export interface SolveResult {
  /** Values that the exporter reports, such as `containerimage.digest`. */
  readonly exported: Readonly<Record<string, string>>
  readonly sources: readonly BuildSource[]
}

/** A build failed in one of its steps, or BuildKit refused it. */
export class SolveError extends Error {
  override readonly name = 'SolveError'
  /** Undefined if the build was rejected before any step, or BuildKit did not report the step. */
  readonly step: FailedStep | undefined

  constructor(cause: GrpcError, step: FailedStep | undefined) {
    super(cause.message, { cause })
    this.step = step
  }
}

/** Options of running a build. */
export interface SolveCall {
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: EngineEvent) => void) | undefined
}

/** Milliseconds that the report of a failed build may take after the build. */
const LATE_STATUS = 3000

/**
 * Runs a build and reports its steps.
 *
 * @example
 * ```ts
 * const { exported } = await solve(await buildKit.control(), request, { onEvent: console.log })
 * ```
 * @throws SolveError; the connection's error; the signal's reason
 */
export async function solve(
  control: ControlClient,
  request: Omit<SolveRequest, 'ref'>,
  { signal, onEvent }: SolveCall,
): Promise<SolveResult> {
  const ref = randomUUID()
  const progress = new BuildProgress((event) => onEvent?.(event))
  const sources = new BuildSources()
  const late = new AbortController()
  const reporting = report()
  try {
    const exported = await control.solve({ ...request, ref }, { signal })
    const failure = await reporting
    if (failure !== undefined) throw failure
    return { exported, sources: sources.list() }
  } catch (error) {
    if (!(error instanceof GrpcError)) {
      late.abort()
      throw error
    }
    const timer = setTimeout(() => late.abort(), LATE_STATUS)
    await reporting
    clearTimeout(timer)
    throw new SolveError(error, progress.failedStep(error.message))
  } finally {
    progress.end()
  }

  /** Resolves to what went wrong with the report: a result without its sources must not pass for one that has none. */
  async function report(): Promise<unknown> {
    const stop = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
    try {
      for await (const status of control.status(ref, { signal: stop })) {
        progress.add(status)
        sources.add(status)
      }
      return undefined
    } catch (error) {
      return error
    }
  }
}
