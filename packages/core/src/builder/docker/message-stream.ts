import type { Readable } from 'node:stream'
import { isJsonObject, type JsonObject, textOf } from '../../model/json-fields.js'
import { readJsonLines } from './json-lines.js'

/** One message of the stream that builds, pulls and pushes answer with. Fields of another type are omitted. */
export interface StreamMessage {
  readonly id: string | undefined
  readonly status: string | undefined
  readonly aux: JsonObject | undefined
  /** Processed bytes of the layer or step `id`. */
  readonly current: number | undefined
  readonly total: number | undefined
}

/** The engine reported in its answer's stream, after HTTP 200, that the operation failed. */
export class StreamFailure extends Error {}

/**
 * Reads an answer's messages to the end.
 *
 * @throws StreamFailure with the first error in the stream, after all messages were emitted.
 */
export async function readMessages(stream: Readable, onMessage: (message: StreamMessage) => void): Promise<void> {
  let failure: string | undefined
  for await (const value of readJsonLines(stream)) {
    failure ??= errorIn(value)
    onMessage(parseMessage(value))
  }
  if (failure !== undefined) throw new StreamFailure(failure)
}

function parseMessage({ id, status, aux, progressDetail }: JsonObject): StreamMessage {
  const { current, total } = isJsonObject(progressDetail) ? progressDetail : {}
  return {
    id: textOf(id),
    status: textOf(status),
    aux: isJsonObject(aux) ? aux : undefined,
    current: numberOf(current),
    total: numberOf(total),
  }
}

/** Until API 1.47, `error` is beside `errorDetail`, which holds the same. Either means failure, whatever its type. */
function errorIn({ error, errorDetail }: JsonObject): string | undefined {
  const found = [isJsonObject(errorDetail) ? errorDetail['message'] : undefined, error, errorDetail]
  const reason = found.find((one) => one !== undefined && one !== null)
  return textOf(reason) ?? JSON.stringify(reason)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined
}
