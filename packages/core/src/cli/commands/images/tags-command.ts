import { tags } from '../../../operations/images/on-images.js'
import { OPERATION_OPTIONS } from '../../../operations/option-names.js'
import { escapeLine } from '../../../report/escape.js'
import type { CommandContext, PipelineFlags } from '../../command.js'
import { jsonText, printNote, printResult } from '../../output.js'
import { optionsOf } from '../../run-options.js'

/** `build.ts tags`: lists the tags of a repository, one per line. */
export async function tagsCommand(repository: string, flags: PipelineFlags, context: CommandContext): Promise<void> {
  const names = await tags(repository, optionsOf(flags, context, OPERATION_OPTIONS))
  const text = names.map((name) => `${escapeLine(name)}\n`).join('')
  printResult(flags.json ? jsonText(names) : text, context.host)
  // Registries answer alike for a repository without tags and for one that does not exist.
  if (names.length === 0) printNote(`note: ${repository} does not exist or has no tags`, context.host)
}
