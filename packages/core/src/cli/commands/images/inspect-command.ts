import { inspect } from '../../../operations/images/on-images.js'
import { OPERATION_OPTIONS, PIPELINE_OPTIONS } from '../../../operations/option-names.js'
import { publishedReferences } from '../../../operations/runs/published-references.js'
import { formatInspections } from '../../../report/text/inspection-text.js'
import type { CommandContext, PipelineFlags } from '../../command.js'
import { jsonText, printResult } from '../../output.js'
import { optionsOf } from '../../run-options.js'

/** `build.ts inspect`: shows the manifests of names. */
export async function inspectCommand(
  names: readonly string[],
  flags: PipelineFlags,
  context: CommandContext,
): Promise<void> {
  const { host, pipelines } = context
  const options = {
    ...optionsOf(flags, context, OPERATION_OPTIONS),
    attestations: flags.attestations ?? false,
  }
  await using published = await publishedReferences(pipelines, optionsOf(flags, context, PIPELINE_OPTIONS), names)
  const inspections = []
  for (const name of published.references) inspections.push(await inspect(name, options))
  printResult(flags.json ? jsonText(inspections) : formatInspections(inspections), host)
}
