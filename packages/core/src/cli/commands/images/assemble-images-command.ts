import { DefinitionError } from '../../../model/errors.js'
import { parsePlatform } from '../../../model/platform.js'
import type { AssembleEntry, AssembleOptions } from '../../../operations/images/assemble.js'
import { assemble } from '../../../operations/images/on-images.js'
import { OPERATION_OPTIONS } from '../../../operations/option-names.js'
import { formatAssembly } from '../../../report/text/image-text.js'
import type { CommandContext, PipelineFlags } from '../../command.js'
import { jsonText, printResult } from '../../output.js'
import { optionsOf } from '../../run-options.js'

/** Flags of `assemble` on images. */
export interface AssembleFlags
  extends PipelineFlags,
    Pick<AssembleOptions, 'trustDeclared' | 'duplicates' | 'allowRemoval'> {
  readonly annotation?: readonly string[]
}

/** `polyarch assemble`: makes an index of existing images. */
export async function assembleImagesCommand(
  name: string,
  images: readonly string[],
  flags: AssembleFlags,
  context: CommandContext,
): Promise<void> {
  const { annotation = [], trustDeclared = false, duplicates, allowRemoval = false, referrers = true } = flags
  const result = await assemble(name, images.map(readEntry), {
    ...optionsOf(flags, context, OPERATION_OPTIONS),
    ...(annotation.length > 0 && { annotations: Object.fromEntries(annotation.map(readAnnotation)) }),
    ...(duplicates !== undefined && { duplicates }),
    trustDeclared,
    allowRemoval,
    referrers,
  })
  printResult(flags.json ? jsonText(result) : formatAssembly(name, result), context.host)
}

/** `linux/arm/v7=NAME`, or a name; names in directories may have a `=` too. */
function readEntry(written: string): AssembleEntry {
  const at = written.indexOf('=')
  const platform = written.slice(0, Math.max(0, at))
  if (at <= 0 || platform.includes(':') || (parsePlatform(platform) === undefined && !platform.includes('/'))) {
    return { image: written }
  }
  return { image: written.slice(at + 1), platform }
}

function readAnnotation(written: string): readonly [string, string] {
  const at = written.indexOf('=')
  if (at > 0) return [written.slice(0, at), written.slice(at + 1)]
  const hint = "write 'org.opencontainers.image.description=text'"
  throw new DefinitionError([{ path: '--annotation', message: `'${written}' has no '='`, hint }], 'USAGE')
}
