import { EngineError, PolyarchError } from '../../model/errors.js'
import { formatPlatform } from '../../model/platform.js'
import type { BuildKitSession } from '../buildkit/session/session.js'
import { SolveError } from '../buildkit/solve.js'
import type { BuildRequest } from '../port.js'
import { findInstruction } from './dockerfile-line.js'

/**
 * Messages of programs for ENOSPC and EDQUOT. BuildKit's error states the exit code only, so the output is searched.
 */
const NO_SPACE = /\bno space left on device\b|\bdisk quota exceeded\b/i

/** BuildKit's name for the step in which it resolves an image that the Dockerfile names. */
const RESOLVES_IMAGE = '[internal] load metadata for '

/**
 * The error of a failed build: the line of the Dockerfile, the reason, and the last output of the step. Errors of the
 * session's services on this machine have precedence.
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
  if (step === undefined) return failure(`${what}: ${error.message}`, error, hintFor([error.message]))
  const line = findInstruction(dockerfile.text, step.name)
  const place = line === undefined ? '' : ` at ${dockerfile.name}:${line}`
  const log = step.log.map((text) => `\n  | ${text}`).join('')
  const message = `${what}${place}: ${reasonOf(step.error)}\n  ${step.name}${log}`
  return failure(message, error, hintFor([step.error, ...step.log], step.name))
}

function failure(message: string, cause: SolveError, hint: string | undefined): EngineError {
  return new EngineError('BUILD_FAILED', message, { cause, ...(hint !== undefined && { hint }) })
}

function hintFor(texts: readonly string[], step = ''): string | undefined {
  if (texts.some((text) => NO_SPACE.test(text))) {
    return "the disk of the builder is full: 'docker system df' shows what uses space, and 'docker builder prune' frees the build cache; if the step writes to another disk, enlarge that disk"
  }
  if (!step.startsWith(RESOLVES_IMAGE)) return undefined
  return 'check that the image exists, that the builder can reach its registry, and that you are logged in; a Docker Engine uses plain HTTP for loopback hosts and for its insecure-registries'
}

/** BuildKit repeats the whole command before the exit code, and the step contains it already. */
function reasonOf(error: string): string {
  return /\bexit code: \d+$/.exec(error)?.[0] ?? error
}
