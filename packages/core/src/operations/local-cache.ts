import { makeTempFolder, type TempFolder } from '../host/temp-folder.js'
import type { PlanOptions } from './options.js'

/** The directory in which a run caches digests of context files, packages and root file systems. */
export interface LocalCache extends AsyncDisposable {
  directory(): Promise<string>
}

/**
 * Opens the cache directory of the options, or this user's. With `localCache: false` it is a temporary one, made at the
 * first use, which disposal removes.
 */
export function openLocalCache({ cacheDirectory, localCache }: PlanOptions): LocalCache {
  let temporary: Promise<TempFolder> | undefined
  return {
    async directory() {
      if (localCache !== false)
        return cacheDirectory ?? (await import('env-paths')).default('polyarch', { suffix: '' }).cache
      temporary ??= makeTempFolder('cache')
      return (await temporary).path
    },
    async [Symbol.asyncDispose]() {
      await (await temporary)?.[Symbol.asyncDispose]()
    },
  }
}
