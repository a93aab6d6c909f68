import { EngineError, PolyarchError } from '../model/errors.js'
import { formatPlatform } from '../model/platform.js'
import type { BuildKitSession } from './buildkit/session.js'
import { SolveError } from './buildkit/solve.js'
import { findInstruction } from './dockerfile-line.js'
import type { BuildRequest } from './port.js'

/** BuildKit's name for the step in which it resolves an image that the Dockerfile names. */
const RESOLVES_IMAGE = '[internal] load metadata for '

/**
 * The error of a build that failed: where in the Dockerfile, why, and the end of what the step printed. What went wrong
 * on this machine, in a service of the session since the build began, comes first.
 */
export function buildFailure(
  error: unknown,
  { platform, dockerfile }: Pick<BuildRequest, 'platform' | 'dockerfile'>,
  failures: BuildKitSession['failures'] = [],
): unknown {
  if (!(error instanceof SolveError)) return error
  const own = failures.find((failure) => failure instanceof PolyarchError)
  if (own !== undefined) return own
  const what = `the build for ${formatPlatform(platform)} failed`
  const { step } = error
  if (step === undefined) return new EngineError('BUILD_FAILED', `${what}: ${error.message}`, { cause: error })
  const line = findInstruction(dockerfile.text, step.name)
  const place = line === undefined ? '' : ` at ${dockerfile.name}:${line}`
  const log = step.log.map((text) => `\n  | ${text}`).join('')
  const hint = step.name.startsWith(RESOLVES_IMAGE)
    ? 'Check that the image exists, that the builder reaches its registry, and that a login is known where one is needed. A Docker Engine uses plain HTTP for loopback hosts, and for those of its insecure-registries.'
    : undefined
  const message = `${what}${place}: ${reasonOf(step.error)}\n  ${step.name}${log}`
  return new EngineError('BUILD_FAILED', message, { cause: error, ...(hint !== undefined && { hint }) })
}

/** BuildKit repeats the whole command before the exit code, and the step contains it already. */
function reasonOf(error: string): string {
  return /\bexit code: \d+$/.exec(error)?.[0] ?? error
}
