import { hasChanges } from '../../model/run/plan.js'
import { plan } from '../../operations/on-pipelines.js'
import { PLAN_OPTIONS } from '../../operations/option-names.js'
import { formatPlan } from '../../report/text/plan-text.js'
import { withStart } from '../../report/text/start-line.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { EXIT } from '../exit-code.js'
import { jsonText, printResult } from '../output.js'
import { optionsOf } from '../run-options.js'

/** `build.ts plan`: shows what a run would do. */
export async function planCommand(
  flags: PipelineFlags & { readonly exitCode?: boolean },
  context: CommandContext,
): Promise<void> {
  const { host, pipelines } = context
  const planned = await plan(...pipelines, optionsOf(flags, context, PLAN_OPTIONS))
  printResult(flags.json ? jsonText(planned) : withStart(formatPlan(planned), context), host)
  if (planned.errors.length > 0) host.exitCode = EXIT.failed
  else if (flags.exitCode && hasChanges(planned)) host.exitCode = EXIT.changes
}
