import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { bytesMessage } from '../../grpc/duplex.js'
import { messagesOf, NotInSession, type SessionService, streamMethod } from '../service.js'

/** @see https://github.com/moby/buildkit/blob/v0.20.0/session/filesync/filesync.proto */
const diffCopy = { request: bytesMessage, answer: bytesMessage }

/**
 * Receives the result of a build with the exporter `tar`, `oci` or `docker`: one archive.
 *
 * @param open - called when the result arrives; each result is written to a stream of its own
 */
export function fileSendService(open: () => Writable): SessionService {
  return [
    streamMethod('/moby.filesync.v1.FileSend/DiffCopy', diffCopy, async (call) => {
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
