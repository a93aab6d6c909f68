import { existsSync } from 'node:fs'
import { lockPath } from '../lock/lock-file.js'
import { type OptionNames, pickOptions } from '../operations/option-names.js'
import type { ExecuteOptions } from '../operations/options.js'
import type { CommandContext, PipelineFlags } from './command.js'

/** The options that an operation takes, of the flags and of what build.ts says; the flags come first. */
export function optionsOf<Options extends object>(
  flags: PipelineFlags,
  context: CommandContext,
  names: OptionNames<Options>,
): Pick<ExecuteOptions, keyof Options & keyof ExecuteOptions> {
  return pickOptions(allOptions(flags, context), names as unknown as OptionNames<ExecuteOptions>)
}

function allOptions(flags: PipelineFlags, { host, signal, defaults }: CommandContext): ExecuteOptions {
  const { builders, engines, ...others } = defaults
  const named = flags.builder || flags.engine ? [...(flags.builder ?? []), ...(flags.engine ?? [])] : builders
  return {
    ...others,
    signal,
    ...(named ? { builders: named } : engines && { engines }),
    frozen: flags.frozen ?? isFrozenHere(host, defaults.directory),
    ...(flags.registry !== undefined && { registry: flags.registry }),
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
