import type { BuilderInfo } from '../builder/port.js'
import { type Platform, runsNatively, samePlatform } from '../model/platform.js'

/**
 * How a builder runs a platform; undefined if it cannot. Declared platforms count as native. A builder that does not report
 * its emulators is assumed to have them.
 */
export function executionOn(
  { native, runnable, declared = [] }: Pick<BuilderInfo, 'native' | 'runnable' | 'declared'>,
  platform: Platform,
): 'native' | 'emulated' | undefined {
  if (includesPlatform(declared, platform)) return 'native'
  const isOwn = runsNatively(native, platform)
  if (runnable === undefined) return isOwn ? 'native' : 'emulated'
  // A 64-bit processor may not run 32-bit programs, and then its emulator does not either.
  const related = runnable.filter(
    ({ os, architecture }) => os === platform.os && architecture === platform.architecture,
  )
  if (isOwn && related.length > 0) return 'native'
  if (!includesPlatform(related, platform)) return undefined
  return isLevelOf(native, platform) ? 'native' : 'emulated'
}

/** Whether a list has a platform, with the same variant. */
export function includesPlatform(platforms: readonly Platform[], platform: Platform): boolean {
  return platforms.some((one) => samePlatform(one, platform))
}

/**
 * Whether a platform is a level of amd64: a builder reports the levels of its processor only in its list of platforms.
 */
function isLevelOf(native: Platform, { os, architecture }: Platform): boolean {
  return architecture === 'amd64' && native.architecture === architecture && native.os === os
}
