import type { BuilderInfo } from '../builder/port.js'
import { type Platform, runsNatively, samePlatform } from '../model/platform.js'

/**
 * How a builder runs a platform; undefined if it cannot. A builder that does not report its emulators is assumed to
 * have them.
 */
export function executionOn(
  { native, runnable }: Pick<BuilderInfo, 'native' | 'runnable'>,
  platform: Platform,
): 'native' | 'emulated' | undefined {
  const isOwn = runsNatively(native, platform)
  if (runnable === undefined) return isOwn ? 'native' : 'emulated'
  // A 64-bit processor may not run 32-bit programs, and then its emulator does not either.
  const related = runnable.filter(
    ({ os, architecture }) => os === platform.os && architecture === platform.architecture,
  )
  if (isOwn && related.length > 0) return 'native'
  if (!related.some((one) => samePlatform(one, platform))) return undefined
  return isLevelOf(native, platform) ? 'native' : 'emulated'
}

/**
 * Whether a platform is a level of amd64: a builder reports the levels of its processor only in its list of platforms.
 */
function isLevelOf(native: Platform, { os, architecture }: Platform): boolean {
  return architecture === 'amd64' && native.architecture === architecture && native.os === os
}
