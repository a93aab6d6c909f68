import { createReadStream } from 'node:fs'
import { DefinitionError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { LineTooLong, readLines } from '../../model/lines.js'
import type { RunEvent } from '../../model/run/events.js'
import { EVENTS_VERSION } from '../progress/event-lines.js'

/**
 * Reads a file of events, as `--progress json` writes it, one after the other.
 *
 * @param onCut - called if the last line is incomplete, as after a killed run; its event is omitted
 * @throws DefinitionError USAGE
 */
export async function* readEvents(file: string, onCut?: () => void): AsyncGenerator<RunEvent> {
  try {
    yield* parseEvents(readLines(createReadStream(file)), file, onCut)
  } catch (error) {
    if (error instanceof LineTooLong) throw issue(file, error.message)
    if (error instanceof Error && 'syscall' in error) throw issue(file, `it cannot be read: ${error.message}`)
    throw error
  }
}

/**
 * Reads the lines of a file of events. Events of unknown kinds are omitted.
 *
 * @param file - its path, for messages
 * @param onCut - called if the last line is cut off
 * @throws DefinitionError USAGE if a line is not an event
 */
export async function* parseEvents(
  lines: AsyncIterable<string>,
  file: string,
  onCut: () => void = () => {},
): AsyncGenerator<RunEvent> {
  // Loads the schema library only if events are read.
  const { checkEvent } = await import('./printed-json.js')
  let number = 0
  // A line that is not JSON is an error, unless it is the last one.
  let broken: number | undefined
  for await (const line of lines) {
    if (broken !== undefined) throw issue(file, `line ${broken} is not an event`)
    number += 1
    if (line.trim() === '') continue
    const value = parse(line)
    if (number === 1) {
      checkHeader(value, file)
      continue
    }
    if (value === undefined) {
      broken = number
      continue
    }
    const event = checkEvent(value)
    if (event === 'malformed') throw issue(file, `line ${number} is not an event`)
    if (event !== 'unknown') yield event
  }
  if (number === 0) throw issue(file, 'it is empty')
  if (broken !== undefined) onCut()
}

function parse(line: string): unknown {
  try {
    return parseJson(line)
  } catch {
    return undefined
  }
}

function checkHeader(value: unknown, file: string): void {
  const isHeader = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'events'
  const version = isHeader && 'version' in value ? value.version : undefined
  if (version === EVENTS_VERSION) return
  const message =
    version === undefined
      ? 'it does not start like a file of events'
      : `its version is ${JSON.stringify(version)}, but this polyarch supports ${EVENTS_VERSION}`
  throw issue(file, message)
}

function issue(path: string, message: string): DefinitionError {
  const hint = 'use a file written by: npx tsx build.ts --progress json 2> events.jsonl'
  return new DefinitionError([{ path, message, hint }], 'USAGE')
}
