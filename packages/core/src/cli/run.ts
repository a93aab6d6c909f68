import type { PipelinesAndOptions } from '../operations/options.js'
import type { RunOptions } from './command.js'
import { enableCompileCache } from './compile-cache.js'

/**
 * Makes `build.ts` a command line: `npx tsx build.ts [command] [flags]`. Without a command it plans and executes.
 *
 * It needs no `await`, so it works in CommonJS packages too: it handles signals, prints messages and sets the exit
 * code: 0 success; 1 failure; 2 invalid usage or definition; 3 the plan has changes, with `--exit-code`; 4 published
 * without an optional platform; 130 cancelled.
 *
 * @example
 * ```ts
 * import { run } from '@polyarch/core'
 * import { firmware, sdk } from './images.js'
 *
 * run(sdk, firmware)
 * ```
 *
 * @example
 * ```ts
 * run(sdk, { registryClient: { insecureHosts: ['registry.lan:5000'] } })
 * ```
 */
export function run(...given: PipelinesAndOptions<RunOptions>): void {
  void start(given)
}

async function start(given: PipelinesAndOptions<RunOptions>): Promise<void> {
  await enableCompileCache()
  // Loaded here, so that composing pipelines in code does not load a command line.
  const { main } = await import('./main.js')
  await main(given, process)
}
