import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { GrpcConnection } from '../../src/builder/buildkit/grpc/connection.js'
import { ProgramStream } from '../../src/builder/transport/program-stream.js'

function program(script: string): ProgramStream {
  return new ProgramStream({ command: 'sh', args: ['-c', script], env: { PATH: process.env['PATH'] } })
}

test('gives all output of a program that succeeds, and then closes', async () => {
  const stream = program('cat; echo end')
  stream.end('input\n')
  expect(await text(stream)).toBe('input\nend\n')
  expect(stream.destroyed).toBe(true)
})

test('reports the last line of a program that fails', async () => {
  const stream = program('echo first >&2; echo reason >&2; exit 3')
  await expect(text(stream)).rejects.toMatchObject({ code: 'PROGRAM_FAILED', message: 'reason' })
})

test.each([0, 3])('calls on a connection whose program ends with status %i fail at once', async (status) => {
  const stream = program(`sleep 0.2; exit ${status}`)
  await using connection = new GrpcConnection(stream)
  const calls = Array.from({ length: 5 }, () => connection.unary('/service/Method', new Uint8Array(100_000)))
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.map((one) => one.status)).toEqual(Array(5).fill('rejected'))
  expect(connection.isClosed).toBe(true)
})
