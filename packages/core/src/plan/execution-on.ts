import type { BuilderInfo } from '../builder/port.js'
import { type Platform, platformsRunBy, samePlatform } from '../model/platform.js'

/** How the engine runs a platform; undefined where it cannot. An engine that does not tell is believed to emulate. */
export function executionOn(
  { native, runnable }: Pick<BuilderInfo, 'native' | 'runnable'>,
  platform: Platform,
): 'native' | 'emulated' | undefined {
  const isOwn = platformsRunBy(native).some((one) => samePlatform(one, platform))
  if (runnable === undefined) return isOwn ? 'native' : 'emulated'
  // A processor of 64 bits need not run programs of 32, and its emulator does not.
  const related = runnable.filter(
    ({ os, architecture }) => os === platform.os && architecture === platform.architecture,
  )
  if (isOwn && related.length > 0) return 'native'
  if (!related.some((one) => samePlatform(one, platform))) return undefined
  return isLevelOf(native, platform) ? 'native' : 'emulated'
}

/** Which levels of amd64 its processor has, an engine tells by what it lists alone. */
function isLevelOf(native: Platform, { os, architecture }: Platform): boolean {
  return architecture === 'amd64' && native.architecture === architecture && native.os === os
}
