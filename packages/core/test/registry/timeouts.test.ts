import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { DEFAULT_TIMEOUTS } from '../../src/registry/options.js'

const ONCE = { retry: { attempts: 1 } }

async function startServer(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a registry that does not answer is given up after the time for that', async () => {
  await using server = await startServer(() => {})
  await using client = createRegistry({ ...ONCE, timeouts: { answer: 50 } })
  await expect(client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining('the registry has not answered within 50 ms'),
  })
})

test('an answer that stops in the middle is given up after the time for that', async () => {
  await using server = await startServer((_request, response) => {
    response.writeHead(200, { 'content-type': MEDIA_TYPES.ociManifest, 'content-length': 100 }).write('{')
  })
  await using client = createRegistry({ ...ONCE, timeouts: { idle: 50 } })
  await expect(client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining('no data was received for 50 ms'),
  })
})

test('an answer that drips is given up, a manifest as well as a blob', async () => {
  await using server = await startServer((_request, response) => {
    response.writeHead(200, { 'content-type': MEDIA_TYPES.ociManifest })
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  })
  await using client = createRegistry({ retry: { attempts: 2, delay: 1 }, timeouts: { idle: 200 } })
  const slow = {
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringMatching(/only \d+ bytes were received within 200 ms/),
  }
  await expect(client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })).rejects.toMatchObject(slow)
  const descriptor = { digest: digestOf('x'), size: 1_000_000, mediaType: MEDIA_TYPES.ociLayer }
  const blob = await client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  await expect(buffer(blob)).rejects.toMatchObject(slow)
})

test('by default, an answer is awaited for 30 s', () => {
  expect(DEFAULT_TIMEOUTS.answer).toBe(30_000)
})

test('HEAD of a blob that is answered with 405 is replaced by GET of a byte', async () => {
  await using server = await startServer((request, response) => {
    const isThere = request.url?.endsWith(digestOf('x'))
    response.writeHead(request.method === 'HEAD' ? 405 : isThere ? 206 : 404).end(isThere ? 'x' : '')
  })
  await using client = createRegistry(ONCE)
  expect(await client.hasBlob({ registry: server.host, repository: 'a' }, digestOf('x'))).toBe(true)
  expect(await client.hasBlob({ registry: server.host, repository: 'a' }, digestOf('y'))).toBe(false)
})

test('a reader may take its time', async () => {
  const bytes = Buffer.alloc(8 * 1024 * 1024, 'polyarch')
  await using server = await startServer((_request, response) => response.end(bytes))
  await using client = createRegistry({ ...ONCE, timeouts: { idle: 500 } })
  const descriptor = { digest: digestOf(bytes), size: bytes.byteLength, mediaType: MEDIA_TYPES.ociLayer }
  const blob = await client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  await once(blob, 'readable')
  await sleep(1000)
  expect((await buffer(blob)).byteLength).toBe(bytes.byteLength)
})

test('what came while this process had no turn is taken for no silence', async () => {
  const bytes = Buffer.from('polyarch')
  let rest = () => {}
  await using server = await startServer((_request, response) => {
    response.writeHead(200, { 'content-length': bytes.byteLength }).write(bytes.subarray(0, 4))
    rest = () => response.end(bytes.subarray(4))
  })
  await using client = createRegistry({ ...ONCE, timeouts: { idle: 100 } })
  const descriptor = { digest: digestOf(bytes), size: bytes.byteLength, mediaType: MEDIA_TYPES.ociLayer }
  const blob = await client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  await once(blob, 'readable')
  expect(blob.read()?.toString()).toBe('poly')
  rest()
  for (const end = performance.now() + 200; performance.now() < end; );
  expect((await buffer(blob)).toString()).toBe('arch')
})

/** Opens an upload, and leaves what is sent of it to a listener. */
function uploadsTo(onPatch: RequestListener): RequestListener {
  return (request, response) => {
    if (request.method === 'POST') response.writeHead(202, { location: '/v2/a/blobs/uploads/1' }).end()
    else if (request.method === 'PATCH') onPatch(request, response)
    else if (request.method === 'PUT') {
      const digest = new URL(request.url ?? '', 'http://localhost').searchParams.get('digest') ?? ''
      response.writeHead(201, { 'docker-content-digest': digest }).end()
    } else response.writeHead(404).end()
  }
}

test('an upload that is not taken is given up after the time for that', async () => {
  await using server = await startServer(uploadsTo(() => {}))
  await using client = createRegistry({ ...ONCE, timeouts: { idle: 100 } })
  const bytes = Buffer.alloc(64 * 1024 * 1024)
  const descriptor = { digest: digestOf(bytes), size: bytes.byteLength }
  const writing = client.writeBlob(
    { registry: server.host, repository: 'a' },
    { descriptor, open: () => Readable.from([bytes]) },
  )
  await expect(writing).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringContaining('no data was accepted for 100 ms'),
  })
})

test('the source of an upload may take its time', async () => {
  const seen: Buffer[] = []
  await using server = await startServer(
    uploadsTo(async (request, response) => {
      seen.push(await buffer(request))
      response.writeHead(202).end()
    }),
  )
  await using client = createRegistry({ ...ONCE, timeouts: { idle: 50 } })
  const bytes = Buffer.alloc(2 * 1024 * 1024, 'polyarch')
  async function* slowly() {
    yield bytes.subarray(0, 1024 * 1024)
    await sleep(500)
    yield bytes.subarray(1024 * 1024)
  }
  const descriptor = { digest: digestOf(bytes), size: bytes.byteLength }
  const open = () => Readable.from(slowly(), { objectMode: false })
  await client.writeBlob({ registry: server.host, repository: 'a' }, { descriptor, open })
  expect(Buffer.concat(seen).equals(bytes)).toBe(true)
})

function endless(): Readable {
  const part = Buffer.alloc(64 * 1024)
  const parts = function* () {
    for (;;) yield part
  }
  return Readable.from(parts(), { objectMode: false })
}

/** A source that has given something, and gives nothing more. */
function waiting(): Readable {
  const source = new PassThrough()
  source.write('polyarch')
  return source
}

test.each([
  ['gives more and more', endless],
  ['gives nothing more', waiting],
])('an upload that is rejected before all is sent ends, and with it a source that %s', async (_, openSource) => {
  await using server = await startServer(uploadsTo((_request, response) => response.writeHead(413).end()))
  await using client = createRegistry(ONCE)
  let source: Readable | undefined
  const descriptor = { digest: digestOf('x'), size: 64 * 1024 * 1024 * 1024 }
  const open = () => {
    source = openSource()
    return source
  }
  const writing = client.writeBlob({ registry: server.host, repository: 'a' }, { descriptor, open })
  await expect(writing).rejects.toMatchObject({ status: 413 })
  await expect.poll(() => source?.destroyed).toBe(true)
})

test('a download that is given up while its registry is silent closes its connection', async () => {
  let closed = false
  await using server = await startServer((request, response) => {
    request.socket.once('close', () => {
      closed = true
    })
    response.writeHead(200, { 'content-length': 100 }).write('polyarch')
  })
  await using client = createRegistry(ONCE)
  const descriptor = { digest: digestOf('x'), size: 100, mediaType: MEDIA_TYPES.ociLayer }
  const blob = await client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  await once(blob, 'readable')
  expect(blob.read()?.toString()).toBe('polyarch')
  blob.read()
  blob.destroy()
  await expect.poll(() => closed).toBe(true)
})

test('a request that is not answered is sent once more, and no more often', async () => {
  let requests = 0
  await using server = await startServer(() => {
    requests += 1
  })
  await using client = createRegistry({ retry: { attempts: 6, delay: 1 }, timeouts: { answer: 50 } })
  await expect(client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
  })
  expect(requests).toBe(2)
})

test('time-outs between other passing faults count together', async () => {
  let requests = 0
  await using server = await startServer((_request, response) => {
    requests += 1
    if (requests % 2 === 1) response.writeHead(503).end()
  })
  await using client = createRegistry({ retry: { attempts: 6, delay: 1 }, timeouts: { answer: 50 } })
  await expect(client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
  })
  expect(requests).toBe(4)
})
