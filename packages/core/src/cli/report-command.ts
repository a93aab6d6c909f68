import { formatReportPage } from '../report/html/report-page.js'
import { readEvents } from '../report/record/read-events.js'
import { RunRecorder } from '../report/record/run-record.js'
import type { CommandContext } from './command.js'
import { writeResult } from './output.js'

/** `build.ts report`: makes the page of a run from the events that it wrote. */
export async function reportCommand(
  events: string,
  { out }: { readonly out?: string },
  { host }: CommandContext,
): Promise<void> {
  const recorder = new RunRecorder()
  for await (const event of readEvents(events)) recorder.add(event)
  await writeResult(await formatReportPage(recorder.record()), '--out', out, host)
}
