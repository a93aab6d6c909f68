import { inspect } from '../operations/on-images.js'
import { publishedReferences } from '../operations/published-references.js'
import { formatInspections } from '../report/inspection-text.js'
import type { CommandContext, PipelineFlags } from './command.js'
import { jsonText, printResult } from './output.js'
import { runOptions } from './run-options.js'

/** `build.ts inspect`: shows what names hold. */
export async function inspectCommand(
  names: readonly string[],
  flags: PipelineFlags,
  context: CommandContext,
): Promise<void> {
  const { host, pipelines } = context
  const options = runOptions(flags, context)
  await using published = await publishedReferences(pipelines, options, names)
  const inspections = []
  for (const name of published.references) inspections.push(await inspect(name, options))
  printResult(flags.json ? jsonText(inspections) : formatInspections(inspections), host)
}
