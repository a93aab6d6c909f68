import { existsSync } from 'node:fs'
import { lockPath } from '../lock/lock-file.js'
import type { RunOptions } from '../operations/options.js'
import type { CommandContext, PipelineFlags } from './command.js'

/** What all commands on pipelines take: what build.ts says, and the registry that a flag names in its place. */
export function commonOptions({ registry }: Pick<PipelineFlags, 'registry'>, { signal, defaults }: CommandContext) {
  return { ...defaults, signal, ...(registry !== undefined && { registry }) }
}

/** Flags as options of the operations, over what build.ts says. */
export function runOptions(flags: PipelineFlags, context: CommandContext): RunOptions {
  const { host, defaults } = context
  const { builders, engines, ...common } = commonOptions(flags, context)
  const named = flags.builder || flags.engine ? [...(flags.builder ?? []), ...(flags.engine ?? [])] : builders
  return {
    ...common,
    ...(named ? { builders: named } : engines && { engines }),
    frozen: flags.frozen ?? isFrozenHere(host, defaults.directory),
    ...(flags.only !== undefined && { only: flags.only }),
    ...(flags.reuse !== undefined && { reuse: flags.reuse }),
    ...(flags.rebuild !== undefined && { rebuild: flags.rebuild }),
    ...(flags.allowRemoval !== undefined && { allowRemoval: flags.allowRemoval }),
    ...(flags.build !== undefined && { build: flags.build }),
    ...(flags.keepGoing !== undefined && { keepGoing: flags.keepGoing }),
    ...(flags.metadataFile !== undefined && { metadataFile: flags.metadataFile }),
    // Without the flag it is true, which must not replace what build.ts says.
    ...(flags.contextCache === false && { contextCache: false }),
    ...(flags.load !== undefined && { load: flags.load }),
    ...(flags.emulation !== undefined && { emulation: flags.emulation }),
  }
}

/** On a CI machine names mean what the lock says, where there is one. */
function isFrozenHere({ env }: CommandContext['host'], directory: string | undefined): boolean {
  const isCi = !['', '0', 'false', undefined].includes(env['CI'])
  return isCi && existsSync(lockPath(directory))
}
