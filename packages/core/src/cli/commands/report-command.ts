import { readEvents } from '../../report/record/read-events.js'
import { RunRecorder } from '../../report/record/run-record.js'
import type { CommandContext } from '../command.js'
import { printNote, writeResult } from '../output.js'
import { formatRunPage, formatTests } from './report-files.js'

/** Flags of `build.ts report`. */
export interface ReportFlags {
  readonly out?: string
  readonly junit?: string
}

/** `build.ts report`: makes the page of a run, or JUnit XML, from the events that it wrote. */
export async function reportCommand(
  events: string,
  { out, junit }: ReportFlags,
  { host }: CommandContext,
): Promise<void> {
  const recorder = new RunRecorder()
  const onCut = () => {
    printNote(`note: the last line of ${events} is incomplete, as after a killed run; the page omits it`, host)
  }
  for await (const event of readEvents(events, onCut)) recorder.add(event)
  const record = recorder.record()
  if (junit !== undefined) await writeResult(await formatTests(record), '--junit', junit, host)
  if (junit === undefined || out !== undefined) await writeResult(await formatRunPage(record), '--out', out, host)
}
