import { EngineError } from '../../model/errors.js'
import { parseJson } from '../../model/json.js'
import { isJsonObject, type JsonObject } from '../../model/json-fields.js'
import { LineTooLong, readLines } from '../../model/lines.js'

/**
 * Reads a stream that has one JSON object on each line.
 *
 * @throws EngineError ENGINE_REJECTED if a line is not a JSON object, or is too long
 */
export async function* readJsonLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<JsonObject> {
  try {
    for await (const line of readLines(stream)) {
      if (line.trim() !== '') yield parseLine(line)
    }
  } catch (cause) {
    throw cause instanceof LineTooLong ? rejected(cause.message, cause) : cause
  }
}

function parseLine(line: string): JsonObject {
  let value: unknown
  try {
    value = parseJson(line)
  } catch (cause) {
    throw rejected('a line is not JSON', cause)
  }
  if (isJsonObject(value)) return value
  throw rejected('a line is not a JSON object')
}

function rejected(why: string, cause?: unknown): EngineError {
  return new EngineError('ENGINE_REJECTED', `the progress that the engine sent cannot be read: ${why}`, {
    hint: 'check that the address is that of a Docker Engine and that no proxy changes its answers',
    cause,
  })
}
