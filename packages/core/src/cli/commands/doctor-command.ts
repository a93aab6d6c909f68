import { DIAGNOSE_OPTIONS, diagnose } from '../../operations/doctor/diagnose.js'
import { choosePaint } from '../../report/paint.js'
import { formatDiagnosis } from '../../report/text/diagnosis-text.js'
import { withStart } from '../../report/text/start-line.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { EXIT } from '../exit-code.js'
import { jsonText, printResult } from '../output.js'
import { optionsOf } from '../run-options.js'

/** `build.ts doctor`: checks what a run needs, and prints advice for what is missing. */
export async function doctorCommand(flags: PipelineFlags, context: CommandContext): Promise<void> {
  const { host, pipelines, isStandalone = false } = context
  const options = { ...optionsOf(flags, context, DIAGNOSE_OPTIONS), definition: !isStandalone }
  const diagnosis = await diagnose(...pipelines, options)
  const paint = choosePaint({ stream: host.stdout, env: host.env })
  printResult(flags.json ? jsonText(diagnosis) : withStart(formatDiagnosis(diagnosis, paint), context), host)
  if (diagnosis.findings.some(({ state }) => state === 'error')) host.exitCode = EXIT.failed
}
