import { randomUUID } from 'node:crypto'
import { Deadline } from '../../model/async/deadline.js'
import type { EngineEvent } from '../../model/run/events.js'
import { BuildProgress, type FailedStep } from './build-progress.js'
import { type BuildSource, BuildSources } from './build-sources.js'
import type { ControlClient, SolveRequest } from './control.js'
import { GrpcError, GrpcStatus } from './grpc/grpc-error.js'

/** Result of a build. */
export interface SolveResult {
  /** Values that the exporter reports, such as `containerimage.digest`. */
  readonly exported: Readonly<Record<string, string>>
  readonly sources: readonly BuildSource[]
}

/** A build failed in one of its steps, or BuildKit rejected it. */
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

/** Milliseconds to wait for the result or the report of a build after the other one failed. */
const LATE_AFTER_FAILURE = 3000

/** Milliseconds to wait for the rest of the report after the result. */
const LATE_REPORT = 60_000

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
  const [reportLimit, resultLimit] = [new Deadline(), new Deadline()]
  const reporting = report()
  try {
    const exported = await control.solve({ ...request, ref }, { signal: resultLimit.within(signal) })
    reportLimit.start(LATE_REPORT, unended())
    const failure = await reporting
    if (failure !== undefined) throw failure
    return { exported, sources: sources.list() }
  } catch (error) {
    if (!(error instanceof GrpcError)) {
      reportLimit.start(0, error)
      throw error
    }
    reportLimit.start(LATE_AFTER_FAILURE, unended())
    await reporting
    throw new SolveError(error, progress.failedStep(error.message))
  } finally {
    reportLimit.stop()
    resultLimit.stop()
    progress.end()
  }

  /** Resolves to the error of the report: a result with an incomplete report must not look complete. */
  async function report(): Promise<unknown> {
    try {
      for await (const status of control.status(ref, { signal: reportLimit.within(signal) })) {
        progress.add(status)
        sources.add(status)
      }
      return undefined
    } catch (error) {
      // A result without its report is a failure. The build's own error has precedence.
      resultLimit.start(LATE_AFTER_FAILURE, error)
      return error
    }
  }
}

function unended(): GrpcError {
  return new GrpcError(GrpcStatus.internal, 'BuildKit did not end the report of the build')
}
