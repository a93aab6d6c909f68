import type { Platform } from '../../model/platform.js'
import type { Issues } from '../issues.js'

/** A value, or a function that returns it for each platform. */
export type PerPlatform<T> = T | ((platform: Platform) => T)

/** Evaluates a setting for one platform. */
export function valueFor(setting: unknown, platform: Platform, path: string, issues: Issues): unknown {
  if (typeof setting !== 'function') return setting
  try {
    return setting(platform)
  } catch (error) {
    issues.add(path, `its function threw: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
