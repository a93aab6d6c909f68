import type { RunEvent } from '../../model/run/events.js'
import { escapeJson } from '../escape.js'
import type { Reporter } from './reporter.js'

/** Version of the events as lines of JSON; raised when an existing field changes its meaning, not when one is added. */
export const EVENTS_VERSION = 1

/** The first line of a file of events. */
export interface EventsHeader {
  readonly kind: 'events'
  readonly version: typeof EVENTS_VERSION
}

/** One line of a file of events. */
export type EventLine = EventsHeader | RunEvent

/** Prints a run as lines of JSON: a header with the version, then one event per line. */
export function eventLinesReporter(write: (text: string) => void): Reporter {
  const writeLine = (line: EventLine) => write(`${escapeJson(line)}\n`)
  writeLine({ kind: 'events', version: EVENTS_VERSION })
  return {
    report: writeLine,
    stopping: () => {},
    [Symbol.dispose]: () => {},
  }
}
