import type { RunEvent } from '../../model/run/events.js'
import type { RunRecord } from '../../report/record/run-record.js'
import type { Host, PipelineFlags } from '../command.js'
import { checkWritable, writeResult } from '../output.js'

/** The files of `--report` and `--junit`, while the run continues. */
export interface ReportFiles {
  add(event: RunEvent): void
  /** @returns the files that were written. */
  write(): Promise<readonly string[]>
}

/** Formats a file from the record of a run. */
type Format = (record: RunRecord) => Promise<string>

/** The HTML page of a run. */
export const formatRunPage: Format = async (record) =>
  (await import('../../report/html/report-page.js')).formatReportPage(record)

/** The results of a run's tests, as JUnit XML. */
export const formatTests: Format = async (record) => (await import('../../report/junit.js')).formatJunit(record)

/**
 * Starts to collect events for the files. A file that cannot be written is reported before the run.
 *
 * @throws DefinitionError USAGE
 */
export async function openReportFiles(
  { report, junit }: Pick<PipelineFlags, 'report' | 'junit'>,
  host: Host,
): Promise<ReportFiles> {
  const files = [
    ...(report === undefined ? [] : [{ flag: '--report', file: report, format: formatRunPage }]),
    ...(junit === undefined ? [] : [{ flag: '--junit', file: junit, format: formatTests }]),
  ]
  if (files.length === 0) return { add: () => {}, write: async () => [] }
  for (const { flag, file } of files) await checkWritable(flag, file)
  const { RunRecorder } = await import('../../report/record/run-record.js')
  const recorder = new RunRecorder()
  return {
    add: (event) => recorder.add(event),
    async write() {
      const record = recorder.record()
      for (const { flag, file, format } of files) await writeResult(await format(record), flag, file, host)
      return files.map(({ file }) => file)
    },
  }
}
