import { EngineError } from '../model/errors.js'
import { formatPlatform } from '../model/platform.js'
import type { FailedStep } from './build-progress.js'
import { findInstruction } from './dockerfile-line.js'
import type { BuildRequest } from './port.js'

/** The error of a build that failed: where in the Dockerfile, why, and the end of what the step printed. */
export function buildFailed(request: BuildRequest, cause: Error, step: FailedStep | undefined): EngineError {
  const what = `the build for ${formatPlatform(request.platform)} failed`
  if (step === undefined) return new EngineError('BUILD_FAILED', `${what}: ${cause.message}`, { cause })
  const line = request.dockerfileText === undefined ? undefined : findInstruction(request.dockerfileText, step.name)
  const place = line === undefined ? '' : ` at ${request.dockerfileName ?? request.dockerfile}:${line}`
  const log = step.log.map((text) => `\n  | ${text}`).join('')
  return new EngineError('BUILD_FAILED', `${what}${place}: ${reasonOf(step)}\n  ${step.name}${log}`, { cause })
}

/** BuildKit repeats the whole command before the exit code, and the step says that already. */
function reasonOf({ error }: FailedStep): string {
  return /\bexit code: \d+$/.exec(error)?.[0] ?? error
}
