import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRegistry } from '../../src/registry-server/index.js'
import { beginUpload, errorCodes, putBlob, someBytes, type TestRegistry, testRegistry } from './test-registry.js'

let registry: TestRegistry
beforeAll(async () => {
  registry = await testRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

/** A request as fetch would not send it: the path as it is. */
async function rawRequest(path: string): Promise<{ status: number | undefined; body: string }> {
  const [host, port] = registry.server.host.split(':')
  const [answer] = (await once(request({ host, port, path }).end(), 'response')) as [IncomingMessage]
  return { status: answer.statusCode, body: await text(answer) }
}

/** A raw connection. */
function openSocket({ server } = registry): Socket {
  return connect(Number(server.host.split(':')[1]), '127.0.0.1')
}

/** The end of a connection, however it comes. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {}).once('close', () => resolve())
  })
}

describe('paths', () => {
  test.each([
    '/v2/../../etc/passwd/manifests/x',
    '/v2/a/../b/tags/list',
    '/v2/..%2f..%2fetc/tags/list',
    '/v2/%2e%2e/tags/list',
    '/v2/Upper/tags/list',
    '/v2/_record.json/tags/list',
    '/v2/a//b/tags/list',
    '/v2/%E0%A4%A/tags/list',
    `/v2/${'a/'.repeat(150)}a/tags/list`,
  ])('%s is not a name', async (path) => {
    const { status, body } = await rawRequest(path)
    expect([status, body]).toEqual([400, expect.stringContaining('NAME_INVALID')])
  })

  test.each([
    ['GET', '/v2/app/blobs/sha256:..%2f..%2flock.json', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/app/blobs/sha512:00', 400, 'DIGEST_INVALID'],
    ['GET', '/v2/app/manifests/.hidden', 404, 'MANIFEST_UNKNOWN'],
    ['PUT', '/v2/app/manifests/.hidden', 400, 'MANIFEST_INVALID'],
    ['GET', '/v2/app/blobs/uploads/..', 404, 'NAME_UNKNOWN'],
    ['GET', '/v2/app', 404, 'NAME_UNKNOWN'],
    ['GET', '/token', 404, 'NAME_UNKNOWN'],
    ['POST', '/v2/app/tags/list', 405, 'UNSUPPORTED'],
  ])('%s %s is rejected', async (method, path, status, code) => {
    const answer = await registry.send(path, { method })
    expect([answer.status, await errorCodes(answer)]).toEqual([status, [code]])
  })

  test('a repository name may contain words of the protocol', async () => {
    const digest = await putBlob(registry, 'blobs/manifests/tags')
    expect((await registry.send(`/v2/blobs/manifests/tags/blobs/${digest}`)).status).toBe(200)
  })

  test('every answer reports the version of the API', async () => {
    const answer = await registry.send('/v2/')
    expect(answer.headers.get('docker-distribution-api-version')).toBe('registry/2.0')
  })
})

describe('clients that disconnect', () => {
  test('during a download cause no error', async () => {
    const blob = someBytes(5_000_000)
    await putBlob(registry, 'leave/download', blob)
    for (let round = 0; round < 5; round++) {
      const socket = openSocket()
      socket.write(`GET /v2/leave/download/blobs/${blob.digest} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      await once(socket, 'data')
      socket.destroy()
    }
    expect((await registry.send(`/v2/leave/download/blobs/${blob.digest}`)).status).toBe(200)
  })

  test('during an upload continue after the received bytes', async () => {
    const { bytes, digest } = someBytes(100_000)
    const place = await beginUpload(registry, 'leave/upload')
    const socket = openSocket()
    socket.write(`PATCH ${place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n`)
    socket.write(bytes.subarray(0, 40_000))
    while ((await storedSize(place)) < 40_000) await nextTurn()
    socket.destroy()
    const asked = await registry.send(place)
    expect(asked.headers.get('range')).toBe('0-39999')
    const rest = { method: 'PUT', body: bytes.subarray(40_000), headers: { 'content-range': '40000-99999' } }
    expect((await registry.send(`${place}?digest=${digest}`, rest)).status).toBe(201)
  })

  /** Looks at the store itself: asking the server would end the request that is being watched. */
  async function storedSize(place: string): Promise<number> {
    const path = join(registry.directory, 'incoming', basename(place))
    return existsSync(path) ? (await stat(path)).size : 0
  }
})

describe('bounds', () => {
  test('headers beyond 16 KiB are rejected', async () => {
    const answer = await registry.send('/v2/', { headers: { 'x-long': 'x'.repeat(20_000) } })
    expect(answer.status).toBe(431)
  })

  test('an endless manifest is rejected', async () => {
    const socket = openSocket()
    const closed = closeOf(socket)
    socket.write('PUT /v2/endless/manifests/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000000\r\n\r\n')
    const chunk = Buffer.alloc(1024 * 1024, ' ')
    const feed = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', feed).resume()
    feed()
    await closed
    expect(socket.bytesWritten).toBeLessThan(64 * 1024 * 1024)
  })
})

describe('slow clients', () => {
  test('that do not finish the head of a request are disconnected', async () => {
    await using own = await testRegistry({ timeouts: { headers: 100 } })
    const socket = openSocket(own)
    const answer = text(socket)
    socket.write('GET /v2/ HTTP/1.1\r\nHost: localhost\r\n')
    expect(await answer).toContain('408 Request Timeout')
  })

  test('that stop during an upload are disconnected, and may continue it', async () => {
    await using own = await testRegistry({ timeouts: { idle: 1000 } })
    const { bytes, digest } = someBytes(1000)
    const place = await beginUpload(own, 'slow/upload')
    const socket = openSocket(own)
    const closed = closeOf(socket)
    socket.write(`PATCH ${place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n`)
    socket.write(bytes.subarray(0, 400))
    await closed
    expect((await own.send(place)).headers.get('range')).toBe('0-399')
    const rest = { method: 'PUT', body: bytes.subarray(400) }
    expect((await own.send(`${place}?digest=${digest}`, rest)).status).toBe(201)
  })

  test('that stop reading a blob are disconnected', async () => {
    await using own = await testRegistry({ timeouts: { idle: 1000 } })
    const blob = someBytes(12_000_000)
    await putBlob(own, 'slow/download', blob)
    const socket = openSocket(own).pause()
    const closed = closeOf(socket)
    socket.write(`GET /v2/slow/download/blobs/${blob.digest} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    while (own.requests.length < 2) await nextTurn()
    expect(own.requests.at(-1)).toMatchObject({ method: 'GET', status: 200 })
    socket.resume()
    await closed
    expect(socket.bytesRead).toBeLessThan(12_000_000)
  })
})

test('closing ends idle and busy connections, and may be repeated', async () => {
  const own = await testRegistry()
  await own.send('/v2/')
  const place = await beginUpload(own, 'close/upload')
  const busy = openSocket(own)
  const ended = closeOf(busy)
  busy.write(`PATCH ${place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf`)
  await once(busy, 'connect')
  await Promise.all([own.server.close(), own.server.close(), ended])
  expect(await readdir(join(own.directory, 'incoming'))).toEqual([])
  await expect(own.send('/v2/')).rejects.toThrow()
  await using again = await startRegistry({ directory: own.directory })
  expect(again.directory).toBe(own.directory)
  await again.close()
  await own[Symbol.asyncDispose]()
})

test('each request is reported with its status', async () => {
  await using own = await testRegistry()
  await own.send('/v2/?n=1')
  await own.send('/v2/app/tags/list')
  await own.server.close()
  expect(own.requests).toEqual([
    { method: 'GET', path: '/v2/', status: 200 },
    { method: 'GET', path: '/v2/app/tags/list', status: 404 },
  ])
})
