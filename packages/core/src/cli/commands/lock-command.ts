import { DefinitionError } from '../../model/errors.js'
import { lock } from '../../operations/on-pipelines.js'
import { LOCK_OPTIONS } from '../../operations/option-names.js'
import { formatLockResult } from '../../report/text/lock-text.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { jsonText, printResult } from '../output.js'
import { optionsOf } from '../run-options.js'

/** `build.ts lock`: writes `polyarch.lock`. */
export async function lockCommand(
  names: readonly string[],
  flags: PipelineFlags & { readonly update?: boolean },
  context: CommandContext,
): Promise<void> {
  const { host, pipelines } = context
  const { update = false } = flags
  if (names.length > 0 && !update) {
    const hint = `run \`npx tsx build.ts lock --update ${names.join(' ')}\``
    throw new DefinitionError([{ path: 'lock', message: 'names require --update', hint }], 'USAGE')
  }
  const options = { ...optionsOf(flags, context, LOCK_OPTIONS), update: names.length > 0 ? names : update }
  const result = await lock(...pipelines, options)
  printResult(flags.json ? jsonText(result) : formatLockResult(result), host)
}
