import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fileSyncService, type SyncEntry } from '../../../src/builder/buildkit/session/files/file-sync.js'
import { PacketType, packet } from '../../../src/builder/buildkit/session/files/file-sync-schema.js'
import { serveSession } from './session-server.js'

const CHUNKS = Array.from({ length: 40 }, () => randomBytes(300 * 1024))

/** A file that is read into one buffer, chunk after chunk. */
function largeFile(name: string): SyncEntry {
  return {
    kind: 'file',
    path: Buffer.from(name),
    mode: 0o644,
    size: CHUNKS.reduce((sum, { length }) => sum + length, 0),
    modified: 0n,
    async *open() {
      const buffer = Buffer.alloc(300 * 1024)
      for (const chunk of CHUNKS) {
        buffer.set(chunk)
        yield buffer
      }
      buffer.fill(0)
    },
  }
}

test('sends files whole that are read into one buffer, several at a time', async () => {
  const files = Array.from({ length: 5 }, (_, at) => largeFile(`file-${at}`))
  using session = await serveSession(fileSyncService({ context: { list: async () => files } }))
  const hashes = files.map(() => createHash('sha256'))
  let open = files.length
  await session.call<Buffer>('DiffCopy', [], { 'dir-name': 'context' }, (bytes) => {
    const { type, stat, ID, data } = packet.decode(bytes)
    if (type === PacketType.stat && stat === null) return files.map((_, id) => ({ type: PacketType.request, ID: id }))
    if (type !== PacketType.data) return []
    hashes[ID]?.update(data)
    if (data.length > 0) return []
    open--
    return open === 0 ? [{ type: PacketType.finish }] : []
  })
  const whole = createHash('sha256').update(Buffer.concat(CHUNKS)).digest('hex')
  expect(hashes.map((hash) => hash.digest('hex'))).toEqual(files.map(() => whole))
  expect(session.errors).toEqual([])
})
