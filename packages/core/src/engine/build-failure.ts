import { EngineError } from '../model/errors.js'
import { formatPlatform } from '../model/platform.js'
import type { FailedStep } from './build-progress.js'
import { findInstruction } from './dockerfile-line.js'
import type { BuildRequest } from './port.js'

/** BuildKit's name for the step in which it looks an image up that the Dockerfile names. */
const LOOKS_IMAGE_UP = '[internal] load metadata for '

/** The error of a build that failed: where in the Dockerfile, why, and the end of what the step printed. */
export function buildFailed(request: BuildRequest, cause: Error, step: FailedStep | undefined): EngineError {
  const what = `the build for ${formatPlatform(request.platform)} failed`
  if (step === undefined) return new EngineError('BUILD_FAILED', `${what}: ${cause.message}`, { cause })
  const line = request.dockerfileText === undefined ? undefined : findInstruction(request.dockerfileText, step.name)
  const place = line === undefined ? '' : ` at ${request.dockerfileName ?? request.dockerfile}:${line}`
  const log = step.log.map((text) => `\n  | ${text}`).join('')
  const hint = step.name.startsWith(LOOKS_IMAGE_UP)
    ? 'See that the image is there, that the engine reaches its registry, and that a login is known where one is needed. The engine speaks plain HTTP to loopback hosts, and to those of its insecure-registries.'
    : undefined
  const message = `${what}${place}: ${reasonOf(step)}\n  ${step.name}${log}`
  return new EngineError('BUILD_FAILED', message, { cause, ...(hint !== undefined && { hint }) })
}

/** BuildKit repeats the whole command before the exit code, and the step says that already. */
function reasonOf({ error }: FailedStep): string {
  return /\bexit code: \d+$/.exec(error)?.[0] ?? error
}
