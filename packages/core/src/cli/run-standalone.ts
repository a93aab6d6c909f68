import type { Host, ToolCommand } from './command.js'
import { standalone } from './main.js'

/**
 * Runs the command line without a `build.ts`: `polyarch inspect`, `copy`, `assemble` and others. It prints messages and
 * sets the exit code as `run(...)` does.
 *
 * @param added - commands of the caller, listed after the others.
 * @example
 * ```ts
 * await runStandalone([importCommand])
 * ```
 */
export function runStandalone(added: readonly ToolCommand[] = [], host: Host = process): Promise<void> {
  return standalone(added, host)
}
