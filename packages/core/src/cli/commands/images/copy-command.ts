import { copy } from '../../../operations/images/on-images.js'
import { IMAGE_OPTIONS } from '../../../operations/option-names.js'
import { formatCopied } from '../../../report/text/image-text.js'
import type { CommandContext, PipelineFlags } from '../../command.js'
import { jsonText, printResult } from '../../output.js'
import { optionsOf } from '../../run-options.js'

/** Flags of `copy`. */
export interface CopyFlags extends PipelineFlags {
  readonly platform?: readonly string[]
}

/** `build.ts copy`: copies an image or an index. */
export async function copyCommand(
  [from, to]: readonly [from: string, to: string],
  flags: CopyFlags,
  context: CommandContext,
): Promise<void> {
  const { referrers = true, platform: platforms } = flags
  const result = await copy(from, to, {
    ...optionsOf(flags, context, COPY_FLAGS),
    referrers,
    ...(platforms !== undefined && { platforms }),
  })
  printResult(flags.json ? jsonText(result) : formatCopied(to, result), context.host)
}

/** The options of `copy` that it shares with other commands. */
const COPY_FLAGS = { ...IMAGE_OPTIONS, allowRemoval: 'boolean' } as const
