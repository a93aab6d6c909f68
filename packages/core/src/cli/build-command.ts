import { execute } from '../operations/execute.js'
import { plainReporter } from '../report/plain.js'
import { formatReport } from '../report/report-text.js'
import type { CommandContext, PipelineFlags } from './command.js'
import { EXIT } from './exit-code.js'
import { runOptions } from './run-options.js'

/** `build.ts`: plans, builds what is missing, publishes. */
export async function buildCommand(flags: PipelineFlags, context: CommandContext): Promise<void> {
  const { host, pipelines } = context
  const onEvent = plainReporter({ write: (text) => void host.stderr.write(text), verbose: flags.verbose ?? false })
  const report = await execute(...pipelines, { ...runOptions(flags, context), onEvent })
  host.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report))
  if (report.outcome === 'incomplete') host.exitCode = EXIT.incomplete
}
