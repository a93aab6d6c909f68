import { DefinitionError } from '../model/errors.js'
import { lock } from '../operations/on-pipelines.js'
import { formatLockResult } from '../report/lock-text.js'
import type { CommandContext, PipelineFlags } from './command.js'

/** `build.ts lock`: writes what the names of others mean. */
export async function lockCommand(
  names: readonly string[],
  flags: Pick<PipelineFlags, 'registry' | 'json'> & { readonly update?: boolean },
  { host, pipelines, signal, defaults }: CommandContext,
): Promise<void> {
  const { update = false, registry } = flags
  if (names.length > 0 && !update) {
    const hint = `write \`npx tsx build.ts lock --update ${names.join(' ')}\``
    throw new DefinitionError([{ path: 'lock', message: 'names are for --update', hint }], 'USAGE')
  }
  const options = {
    ...defaults,
    signal,
    update: names.length > 0 ? names : update,
    ...(registry !== undefined && { registry }),
  }
  const result = await lock(...pipelines, options)
  host.stdout.write(flags.json ? `${JSON.stringify(result, null, 2)}\n` : formatLockResult(result))
}
