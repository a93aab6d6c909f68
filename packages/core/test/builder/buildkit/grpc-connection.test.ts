import { once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { ControlClient } from '../../../src/builder/buildkit/control.js'
import { GrpcConnection } from '../../../src/builder/buildkit/grpc/connection.js'
import { frame } from '../../../src/builder/buildkit/grpc/frames.js'
import { GrpcError } from '../../../src/builder/buildkit/grpc/grpc-error.js'

let close: (() => Promise<void>) | undefined
afterEach(() => close?.())

/** A client of a server that gives this answer to every call. */
async function connectTo(answer: (stream: ServerHttp2Stream) => void): Promise<ControlClient> {
  const server = createServer()
    .on('stream', answer)
    .on('sessionError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connection = new GrpcConnection(connect((server.address() as AddressInfo).port, '127.0.0.1'))
  close = async () => {
    await connection[Symbol.asyncDispose]()
    server.close()
  }
  return new ControlClient(connection)
}

/** Answers with these bytes, and the status OK. */
function answering(body: Uint8Array) {
  return connectTo((stream) => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.end(body)
  })
}

/** Answers without a body. */
function refusing(headers: Readonly<Record<string, string>>) {
  return connectTo((stream) => stream.respond({ ':status': 200, ...headers }, { endStream: true }))
}

describe('an invalid message', () => {
  test.each([
    ['is another message', frame(Buffer.from([0x0a, 0xff, 1])), 'are not a InfoResponse'],
    ['has groups within one another', frame(Buffer.alloc(100_000, 0x0b)), 'are not a InfoResponse'],
    ['is cut off', frame(Buffer.alloc(9)).subarray(0, 8), 'is cut off'],
    ['is compressed', Buffer.from([1, 0, 0, 0, 0]), 'is compressed'],
    ['is too long', Buffer.from([0, 255, 255, 255, 255]), 'has 4294967295 bytes'],
    ['is not there', Buffer.alloc(0), 'ended without a response'],
  ])('since it %s is an error of the call', async (_, body, says) => {
    const failure = await (await answering(body)).info().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(GrpcError)
    expect(failure).toMatchObject({ status: 13, message: expect.stringContaining(says) })
  })
})

describe('a status', () => {
  test.each([
    ['12', 12],
    ['', 2],
    ['0x0', 2],
    ['-1', 2],
    ['banana', 2],
    ['99999', 2],
  ])("'%s' is an error with the status %i", async (text, status) => {
    const failure = await (await refusing({ 'grpc-status': text, 'grpc-message': 'a%20b%' }))
      .info()
      .catch((error) => error)
    expect(failure).toBeInstanceOf(GrpcError)
    expect(failure).toMatchObject({ status, message: 'a%20b%' })
  })

  test('of HTTP is an error', async () => {
    await expect((await refusing({ ':status': '502' })).info()).rejects.toMatchObject({ message: 'HTTP status 502' })
  })
})
