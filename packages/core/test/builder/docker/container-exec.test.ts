import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Connection } from '../../../src/builder/docker/connection/connection.js'
import { openExec } from '../../../src/builder/docker/container-exec.js'

/** A piece of a program's output, as the Engine API frames it. */
function piece(stream: 1 | 2, bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as string)
  const header = Buffer.alloc(8)
  header.writeUInt8(stream, 0)
  header.writeUInt32BE(content.byteLength, 4)
  return Buffer.concat([header, content])
}

/** The stream of a program whose output arrives in these chunks, and then ends. */
async function programWith(...chunks: readonly Uint8Array[]) {
  const raw = new PassThrough()
  const connection = { json: async () => ({ Id: 'x' }), upgrade: async () => raw } as unknown as Connection
  const stream = await openExec(connection, { container: 'c', command: ['buildctl', 'dial-stdio'] }, undefined)
  for (const chunk of chunks) raw.write(chunk)
  raw.end()
  return stream
}

const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])

test('forwards standard output in chunks of any size', async () => {
  const bytes = Buffer.concat([piece(1, SETTINGS), piece(2, 'warning\n'), piece(1, 'more')])
  const stream = await programWith(...Array.from(bytes, (byte) => Buffer.from([byte])))
  const received: Buffer[] = []
  stream.on('data', (chunk: Buffer) => received.push(chunk))
  await once(stream, 'error')
  expect(Buffer.concat(received)).toEqual(Buffer.concat([SETTINGS, Buffer.from('more')]))
})

test.each([
  ['standard error', piece(2, 'first\nbuildctl: no such file\n'), 'buildctl: no such file'],
  [
    'standard output, as engines report it',
    piece(1, 'OCI runtime exec failed: not found\r\n'),
    'OCI runtime exec failed: not found',
  ],
  ['nothing', Buffer.alloc(0), 'buildctl dial-stdio in container c has ended'],
])('fails with the last line of a program that ends: of %s', async (_what, output, message) => {
  const stream = await programWith(output)
  const received: Buffer[] = []
  stream.on('data', (chunk: Buffer) => received.push(chunk))
  const [error] = await once(stream, 'error')
  expect(error).toMatchObject({ code: 'PROGRAM_FAILED', message })
  expect(received).toEqual([])
})
