import { errorData } from '../../model/error-data.js'
import type { RunEvent } from '../../model/run/events.js'
import { execute } from '../../operations/on-pipelines.js'
import { EXECUTE_OPTIONS } from '../../operations/option-names.js'
import type { Report } from '../../report/report.js'
import { formatReport } from '../../report/text/report-text.js'
import { withStart } from '../../report/text/start-line.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { EXIT, exitCodeOf } from '../exit-code.js'
import { jsonText, printNote, printResult } from '../output.js'
import { openReporter, progressOf } from '../reporters.js'
import { optionsOf } from '../run-options.js'
import { printPullHint } from './pull-hint.js'
import { openReportFiles } from './report-files.js'

/** `build.ts`: plans, builds what is missing, publishes. */
export async function buildCommand(flags: PipelineFlags, context: CommandContext): Promise<void> {
  const { host } = context
  try {
    const report = await executeReported(flags, context)
    printResult(flags.json ? jsonText(report) : withStart(formatReport(report), context), host)
    if (isForPeople(flags, host)) await printPullHint(report, flags.registry ?? context.defaults.registry, context)
    if (report.outcome === 'incomplete') host.exitCode = EXIT.incomplete
  } catch (error) {
    // The JSON events contain the error, and nothing else may be printed between them.
    if (progressOf(flags, host) !== 'json') throw error
    host.exitCode = exitCodeOf(error)
  }
}

/** Prints where files were written, unless the output is events only or quiet. */
async function executeReported(flags: PipelineFlags, context: CommandContext): Promise<Report> {
  let written: readonly string[] = []
  try {
    return await executeShown(flags, context, (files) => {
      written = files
    })
  } finally {
    if (isForPeople(flags, context.host))
      for (const file of written) printNote(`report written to ${file}`, context.host)
  }
}

/** Whether standard error may have more than events and errors. */
function isForPeople(flags: PipelineFlags, host: CommandContext['host']): boolean {
  return !['json', 'quiet'].includes(progressOf(flags, host))
}

/**
 * Runs the build and shows its progress.
 * The live view is removed before anything else is written; the files are also written for a failed run.
 */
async function executeShown(
  flags: PipelineFlags,
  context: CommandContext,
  onWritten: (files: readonly string[]) => void,
): Promise<Report> {
  using reporter = await openReporter(flags, context.host)
  context.onStopping = reporter.stopping
  let isReported = false
  try {
    const files = await openReportFiles(flags, context.host)
    const onEvent = (event: RunEvent) => {
      isReported ||= event.kind === 'run-finished' && event.error !== undefined
      files.add(event)
      reporter.report(event)
    }
    // The HTML page can be made from the JSON events later.
    const reportLayers = flags.report !== undefined || progressOf(flags, context.host) === 'json'
    const run = execute(...context.pipelines, { ...optionsOf(flags, context, EXECUTE_OPTIONS), onEvent, reportLayers })
    // A failed run reports its own error, even if the files cannot be written.
    await run.catch(() => files.write().then(onWritten, () => {}))
    const report = await run
    onWritten(await files.write())
    return report
  } catch (error) {
    if (!isReported)
      reporter.report({ kind: 'run-finished', at: Date.now(), outcome: 'failed', error: errorData(error) })
    throw error
  }
}
