import { tags } from '../../../operations/images/on-images.js'
import { OPERATION_OPTIONS } from '../../../operations/option-names.js'
import { escapeLine } from '../../../report/escape.js'
import { ownTag } from '../../../steps/key.js'
import type { CommandContext, PipelineFlags } from '../../command.js'
import { jsonText, printNote, printResult } from '../../output.js'
import { optionsOf } from '../../run-options.js'

/** `build.ts tags`: lists the tags of a repository, one per line; those of polyarch itself only with `--all`. */
export async function tagsCommand(repository: string, flags: PipelineFlags, context: CommandContext): Promise<void> {
  const { host } = context
  const all = await tags(repository, optionsOf(flags, context, OPERATION_OPTIONS))
  const names = flags.all ? all : all.filter((name) => ownTag(name) === undefined)
  printResult(flags.json ? jsonText(names) : names.map((name) => `${escapeLine(name)}\n`).join(''), host)
  // Registries answer alike for a repository without tags and for one that does not exist.
  if (all.length === 0) printNote(`note: ${repository} does not exist or has no tags`, host)
  const omitted = all.length - names.length
  if (omitted > 0)
    printNote(`note: ${omitted === 1 ? '1 tag' : `${omitted} tags`} of polyarch not listed; --all lists all`, host)
}
