import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { messageTypes } from '../../grpc/messages.js'
import { messagesOf, NotInSession, type SessionService, streamMethod } from '../service.js'

/** @see https://github.com/moby/buildkit/blob/v0.20.0/session/filesync/filesync.proto */
const SCHEMA = `
syntax = "proto3";

message BytesMessage {
  bytes data = 1;
}
`

/**
 * Receives the result of a build with the exporter `tar`, `oci` or `docker`: one archive.
 *
 * @param open - called when the result arrives; each result is written to a stream of its own
 */
export function fileSendService(open: () => Writable): SessionService {
  const type = messageTypes(SCHEMA)<{ readonly data: Uint8Array }>('BytesMessage')
  return [
    streamMethod('/moby.filesync.v1.FileSend/DiffCopy', { request: type, answer: type }, async (call) => {
      const output = open()
      const written = finished(output)
      written.catch(() => {})
      for await (const { data } of messagesOf(call)) {
        if (!output.write(data)) await Promise.race([new Promise((resolve) => output.once('drain', resolve)), written])
      }
      if (call.cancelled) {
        output.destroy()
        throw new NotInSession('the build ended before its result was received')
      }
      output.end()
      await written
      call.end()
    }),
  ]
}
