import type { CodePolicy } from '../definition/plugin/base-source.js'
import type { ImageToCheck } from '../machine-code/image-code.js'
import { RegistryError } from '../model/errors.js'
import { formatPlatform, type Platform } from '../model/platform.js'
import type { StepCall, StepServices } from './step.js'

/** What to check, and how strictly. */
export interface CodeCheckRequest extends ImageToCheck {
  /** For messages: `base debian:13`. */
  readonly what: string
  readonly platform: Platform
  /** `require-match` by default. */
  readonly policy?: CodePolicy | undefined
}

/**
 * Compares the machine code of an image with its declared platform, reports the verdict, and fails on a mismatch. A
 * config is not reliable: BuildKit writes the requested platform into it without a check.
 *
 * @throws RegistryError PLATFORM_MISMATCH
 */
export async function checkCode(
  { what, platform, policy, ...image }: CodeCheckRequest,
  { registry, code }: Pick<StepServices, 'registry' | 'code'>,
  call: StepCall,
): Promise<void> {
  const check = await code.check(image, platform, registry, call)
  const isAllowed = check.verdict === 'mismatch' && policy === 'trust-declared'
  call.onEvent?.({ kind: 'code-checked', ...check, ...(isAllowed && { allowed: true }) })
  if (check.verdict !== 'mismatch' || isAllowed) return
  throw new RegistryError(
    'PLATFORM_MISMATCH',
    `${what} is declared as ${formatPlatform(platform)}, but ${check.path} is machine code for ${check.found}`,
    {
      hint: "use a base for that platform; if the image does not run this file, set codePolicy: 'trust-declared' on the base",
    },
  )
}
