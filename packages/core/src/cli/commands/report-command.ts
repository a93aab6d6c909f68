import { formatReportPage } from '../../report/html/report-page.js'
import { readEvents } from '../../report/record/read-events.js'
import { RunRecorder } from '../../report/record/run-record.js'
import type { CommandContext } from '../command.js'
import { printNote, writeResult } from '../output.js'

/** `build.ts report`: makes the page of a run from the events that it wrote. */
export async function reportCommand(
  events: string,
  { out }: { readonly out?: string },
  { host }: CommandContext,
): Promise<void> {
  const recorder = new RunRecorder()
  const onCut = () => {
    printNote(`note: the last line of ${events} is incomplete, as after a killed run; the page omits it`, host)
  }
  for await (const event of readEvents(events, onCut)) recorder.add(event)
  await writeResult(await formatReportPage(recorder.record()), '--out', out, host)
}
