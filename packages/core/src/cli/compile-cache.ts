import * as nodeModule from 'node:module'
import { join } from 'node:path'

/** API of Node.js since 22.8. It returns failures, and respects NODE_DISABLE_COMPILE_CACHE and NODE_COMPILE_CACHE. */
interface CompileCache {
  readonly enableCompileCache?: (directory: string) => unknown
}

/**
 * Keeps the compiled code of modules in the user's cache directory, if Node supports it: compiling is a large part of a
 * run that finds nothing to do. Node's default is a directory in /tmp that other users could have made.
 *
 * @see https://nodejs.org/api/module.html#module-compile-cache
 */
export async function enableCompileCache(
  { enableCompileCache: enable }: CompileCache = nodeModule as object,
): Promise<void> {
  if (enable === undefined) return
  const { default: envPaths } = await import('env-paths')
  enable(join(envPaths('polyarch', { suffix: '' }).cache, 'compiled'))
}
