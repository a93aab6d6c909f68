import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { DefinitionError } from '../../model/errors.js'
import type { RunEvent } from '../../model/events.js'
import { EVENTS_VERSION } from '../progress/event-lines.js'

/** Reads a file of events, as `--progress json` writes it, one after the other. @throws DefinitionError USAGE */
export async function* readEvents(file: string): AsyncGenerator<RunEvent> {
  let number = 0
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1
      if (line.trim() === '') continue
      const value = parse(line)
      if (number === 1) checkHeader(value, file)
      else if (isEvent(value)) yield value
      else throw fault(file, `line ${number} is no event`)
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fault(file, `it cannot be read: ${error.message}`)
    throw error
  }
  if (number === 0) throw fault(file, 'it is empty')
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
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
      ? 'it does not start as a file of events does'
      : `its events are of version ${version}, and this reads version ${EVENTS_VERSION}`
  throw fault(file, message)
}

function isEvent(value: unknown): value is RunEvent {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    'at' in value &&
    typeof value.at === 'number'
  )
}

function fault(path: string, message: string): DefinitionError {
  const hint = 'name a file that was written by: npx tsx build.ts --progress json 2> events.jsonl'
  return new DefinitionError([{ path, message, hint }], 'USAGE')
}
