import type { Readable } from 'node:stream'
import { readJsonLines } from './json-lines.js'

/** One message of the stream that builds, pulls and pushes answer with; fields as the engine names them. */
export interface StreamMessage {
  readonly id?: string
  readonly status?: string
  readonly aux?: unknown
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  /** Until API 1.47 beside `errorDetail`, which holds the same. */
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
}

/** The engine reported in its answer's stream, after HTTP 200, that the operation failed. */
export class StreamFailure extends Error {}

/**
 * Reads an answer's messages to the end.
 *
 * @throws StreamFailure with the first error in the stream, once everything before and after it has been handed over.
 */
export async function readMessages(stream: Readable, onMessage: (message: StreamMessage) => void): Promise<void> {
  let failure: string | undefined
  for await (const value of readJsonLines(stream)) {
    const message = value as StreamMessage
    failure ??= message.errorDetail?.message ?? message.error
    onMessage(message)
  }
  if (failure !== undefined) throw new StreamFailure(failure)
}
