import { existsSync } from 'node:fs'
import { lockPath } from '../lock/lock-file.js'
import { DefinitionError } from '../model/errors.js'
import { type OptionKeys, pickOptions } from '../operations/option-names.js'
import type { ExecuteOptions } from '../operations/options.js'
import type { CommandContext, PipelineFlags } from './command.js'

/** Merges flags with the options of build.ts, for one operation; flags have precedence. */
export function optionsOf<Options extends object>(
  flags: PipelineFlags,
  context: CommandContext,
  names: OptionKeys<Options>,
): Pick<ExecuteOptions, keyof Options & keyof ExecuteOptions> {
  return pickOptions(allOptions(flags, context), names as unknown as OptionKeys<ExecuteOptions>)
}

/** Flags whose values are options of the same name. */
const FLAG_OPTIONS = [
  ...(['registry', 'pipelines', 'only', 'reuse', 'rebuild', 'build', 'emulation', 'builderRegistry'] as const),
  ...(['allowRemoval', 'keepGoing', 'metadataFile', 'load', 'skipTests', 'verify', 'publish'] as const),
] as const

/** The flags that have a value; only these override options of build.ts. */
function givenFlags<Name extends keyof PipelineFlags>(
  flags: PipelineFlags,
  names: readonly Name[],
): Pick<PipelineFlags, Name> {
  const given = names.filter((name) => flags[name] !== undefined)
  return Object.fromEntries(given.map((name) => [name, flags[name]])) as Pick<PipelineFlags, Name>
}

function allOptions(flags: PipelineFlags, { host, signal, defaults }: CommandContext): ExecuteOptions {
  const { builders, engines, sign, ...others } = defaults
  const named = flags.builder || flags.engine ? [...(flags.builder ?? []), ...(flags.engine ?? [])] : builders
  return {
    ...others,
    signal,
    ...(named ? { builders: named } : engines && { engines }),
    ...(sign && flags.sign !== false && { sign }),
    frozen: flags.frozen ?? isFrozenHere(host, defaults.directory),
    ...givenFlags(flags, FLAG_OPTIONS),
    // The default, true, must not override the option of build.ts.
    ...(flags.localCache === false && { localCache: false }),
    ...policyOf(flags, defaults),
    ...(flags.output !== undefined && { outputs: flags.output }),
  }
}

/** The policy of build.ts in the mode of the flag. @throws DefinitionError USAGE if there is none */
function policyOf(
  { policy: mode }: PipelineFlags,
  { policy }: CommandContext['defaults'],
): Pick<ExecuteOptions, 'policy'> {
  if (mode === undefined) return {}
  if (policy !== undefined) return { policy: { ...policy, mode } }
  const hint = 'add `policy` to the options of run(…)'
  throw new DefinitionError([{ path: '--policy', message: 'build.ts has no policy', hint }], 'USAGE')
}

/** In CI, names resolve to the digests of the lock if it exists. */
function isFrozenHere({ env }: CommandContext['host'], directory: string | undefined): boolean {
  const isCi = !['', '0', 'false', undefined].includes(env['CI'])
  return isCi && existsSync(lockPath(directory))
}
