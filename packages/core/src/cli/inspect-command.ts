import { inspect } from '../operations/on-images.js'
import { publishedReferences } from '../operations/published-references.js'
import { formatInspection } from '../report/inspection-text.js'
import type { CommandContext, PipelineFlags } from './command.js'
import { runOptions } from './run-options.js'

/** `build.ts inspect`: shows what names hold. */
export async function inspectCommand(
  names: readonly string[],
  flags: PipelineFlags,
  context: CommandContext,
): Promise<void> {
  const { host, pipelines } = context
  const options = runOptions(flags, context)
  await using published = await publishedReferences(pipelines, options)
  const wanted = names.length > 0 ? names : published.references
  const inspections = []
  for (const name of wanted) inspections.push(await inspect(name, options))
  host.stdout.write(
    flags.json ? `${JSON.stringify(inspections, null, 2)}\n` : inspections.map(formatInspection).join('\n'),
  )
}
