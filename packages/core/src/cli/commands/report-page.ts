import type { RunEvent } from '../../model/run/events.js'
import type { Host } from '../command.js'
import { checkWritable, writeResult } from '../output.js'

/** The page of `--report`, while the run continues. */
export interface ReportPage {
  add(event: RunEvent): void
  write(): Promise<void>
}

/**
 * Starts to collect events for the page. A file that cannot be written is reported before the run.
 *
 * @throws DefinitionError USAGE
 */
export async function openReportPage(file: string, host: Host): Promise<ReportPage> {
  await checkWritable('--report', file)
  const { RunRecorder } = await import('../../report/record/run-record.js')
  const recorder = new RunRecorder()
  return {
    add: (event) => recorder.add(event),
    async write() {
      const { formatReportPage } = await import('../../report/html/report-page.js')
      await writeResult(await formatReportPage(recorder.record()), '--report', file, host)
    },
  }
}
