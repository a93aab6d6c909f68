import type { RunOptions } from '../operations/options.js'
import type { CommandContext, PipelineFlags } from './command.js'

/** Flags as options of the operations. */
export function runOptions(flags: PipelineFlags, { signal }: CommandContext): RunOptions {
  return {
    signal,
    ...(flags.only !== undefined && { only: flags.only }),
    ...(flags.registry !== undefined && { registry: flags.registry }),
    ...(flags.reuse !== undefined && { reuse: flags.reuse }),
    ...(flags.rebuild !== undefined && { rebuild: flags.rebuild }),
    ...(flags.allowRemoval !== undefined && { allowRemoval: flags.allowRemoval }),
    ...(flags.load !== undefined && { load: flags.load }),
  }
}
