import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { CancelledError } from '../../src/model/errors.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import type { RegistryEvent } from '../../src/model/run/events.js'
import { createRegistry } from '../../src/registry/client.js'
import type { RegistryHostOptions } from '../../src/registry/options.js'
import { sourceOf } from './contract.js'
import {
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
} from './scripted-server.js'

/** A registry that reports the progress of an upload as specified. */
async function startUploadRegistry(digest: string, isCut: (patch: number) => boolean, smallestChunk?: number) {
  const location = '/v2/a/blobs/uploads/1?state=a%2Bb%20c'
  let held = 0
  let done = false
  let patches = 0
  const progress = () => ({ location, range: `0-${held - 1}` })
  const answers: Readonly<Record<string, (request: ScriptedRequest) => ScriptedAnswer>> = {
    HEAD: () => ({ status: done ? 200 : 404 }),
    POST: () => ({
      status: 202,
      headers: { location, ...(smallestChunk && { 'oci-chunk-min-length': String(smallestChunk) }) },
    }),
    GET: () => ({ status: 204, headers: progress() }),
    PATCH({ headers }) {
      patches += 1
      const length = Number(headers['content-length'])
      const cut = isCut(patches)
      // Half of what it is sent has arrived when the connection breaks.
      held += cut ? length / 2 : length
      return cut ? undefined : { status: 202, headers: progress() }
    },
    PUT({ query }) {
      done = query.get('digest') === digest && query.get('state') === 'a+b c'
      return { status: done ? 201 : 400 }
    },
  }
  return startScriptedServer((request) => answers[request.method]?.(request))
}

function clientFor(server: ScriptedServer, host: RegistryHostOptions = {}) {
  return createRegistry({ retry: { delay: 1 }, hosts: { [server.host]: host } })
}

describe('an upload', () => {
  const bytes = randomBytes(2_000_000)
  const source = sourceOf(bytes)

  test('that is cut is gone on with from the offset that the registry reports', async () => {
    await using server = await startUploadRegistry(source.descriptor.digest, (patch) => patch === 1)
    await using client = clientFor(server)
    const events: RegistryEvent[] = []
    await client.writeBlob({ registry: server.host, repository: 'a' }, source, {
      onEvent: (event) => events.push(event),
    })
    const patches = server.seen.filter(({ method }) => method === 'PATCH')
    expect(patches.map(({ headers }) => headers['content-range'])).toEqual([undefined, '1000000-1999999'])
    expect(events.filter(({ kind }) => kind === 'registry-retry')).toHaveLength(1)
  })

  test('is sent in chunks if the host limits them', async () => {
    await using server = await startUploadRegistry(source.descriptor.digest, () => false)
    await using client = clientFor(server, { chunkSize: 800_000 })
    await client.writeBlob({ registry: server.host, repository: 'a' }, source)
    const patches = server.seen.filter(({ method }) => method === 'PATCH')
    expect(patches.map(({ headers }) => headers['content-range'])).toEqual([
      '0-799999',
      '800000-1599999',
      '1600000-1999999',
    ])
  })

  test('is sent in larger chunks if the registry wants them larger', async () => {
    await using server = await startUploadRegistry(source.descriptor.digest, () => false, 1_500_000)
    await using client = clientFor(server, { chunkSize: 800_000 })
    await client.writeBlob({ registry: server.host, repository: 'a' }, source)
    const patches = server.seen.filter(({ method }) => method === 'PATCH')
    expect(patches.map(({ headers }) => headers['content-range'])).toEqual(['0-1499999', '1500000-1999999'])
  })

  test('is given up after as many faults in a row as are allowed, without progress', async () => {
    await using server = await startScriptedServer(({ method }) =>
      method === 'HEAD'
        ? { status: 404 }
        : method === 'POST'
          ? { status: 202, headers: { location: '/x' } }
          : { status: 502 },
    )
    await using client = createRegistry({ retry: { delay: 1, attempts: 3 } })
    const written = client.writeBlob({ registry: server.host, repository: 'a' }, source)
    await expect(written).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
      status: 502,
      exchange: { method: 'PATCH' },
    })
    expect(server.seen.filter(({ method }) => method === 'PATCH')).toHaveLength(3)
  })

  test('elsewhere is sent without the login of the registry', async () => {
    await using storage = await startScriptedServer(() => ({ status: 201 }))
    await using server = await startScriptedServer(({ method }) =>
      method === 'HEAD'
        ? { status: storage.seen.length > 0 ? 200 : 404 }
        : { status: 202, headers: { location: `http://${storage.host}/upload` } },
    )
    await using client = clientFor(server)
    await client.writeBlob({ registry: server.host, repository: 'a' }, sourceOf(Buffer.from('small')))
    expect(storage.seen.map(({ method, headers, body }) => [method, headers.authorization, body])).toEqual([
      ['PUT', undefined, 'small'],
    ])
  })
})

describe('an upload whose answer does not have its digest', () => {
  const source = sourceOf(Buffer.from('content'))
  const answers = [{ status: 200, body: '<html>' }, { status: 200 }, { status: 201 }, { status: 204 }]

  /** A registry that has the blob after so many PUTs, and says so by HEAD alone. */
  const startLying = (answer: ScriptedAnswer, written: number) => {
    let puts = 0
    return startScriptedServer(({ method }) => {
      if (method === 'POST') return { status: 202, headers: { location: '/upload' } }
      if (method === 'PUT') puts += 1
      return method === 'PUT' ? answer : { status: puts >= written ? 200 : 404 }
    })
  }

  test.each(answers)('is repeated if nothing was written: %o', async (answer) => {
    await using server = await startLying(answer, 2)
    await using client = clientFor(server)
    await client.writeBlob({ registry: server.host, repository: 'a' }, source)
    expect(server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(2)
  })

  test('is an error where nothing is ever written', async () => {
    await using server = await startLying({ status: 201 }, Number.POSITIVE_INFINITY)
    await using client = createRegistry({ retry: { delay: 1, attempts: 2 } })
    const written = client.writeBlob({ registry: server.host, repository: 'a' }, source)
    await expect(written).rejects.toMatchObject({ code: 'REGISTRY_REJECTED' })
  })
})

test('a mount that was answered with 201 and did nothing becomes an upload', async () => {
  const bytes = Buffer.from('content')
  const descriptor = { ...sourceOf(bytes).descriptor, mediaType: MEDIA_TYPES.ociLayer }
  await using server = await startScriptedServer(({ method, query }) => {
    if (query.has('mount')) return { status: 201 }
    if (method === 'GET') return { status: 200, body: bytes.toString() }
    if (method === 'POST') return { status: 202, headers: { location: '/upload' } }
    return method === 'PUT' ? { status: 201, headers: { 'docker-content-digest': descriptor.digest } } : { status: 404 }
  })
  await using client = clientFor(server)
  const at = (repository: string) => ({ registry: server.host, repository })
  await client.copyBlob(at('from'), at('to'), descriptor)
  expect(server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1)
})

describe.each([401, 403, 404, 405])('a mount that is rejected with %d', (status) => {
  test('becomes an upload', async () => {
    const bytes = Buffer.from('content')
    const stored = { ...sourceOf(bytes).descriptor, mediaType: MEDIA_TYPES.ociLayer }
    let done = false
    await using server = await startScriptedServer(({ method, path, query }) => {
      if (query.has('mount')) return { status }
      if (method === 'GET') return { status: 200, body: bytes.toString() }
      if (method === 'POST') return { status: 202, headers: { location: '/upload' } }
      if (method === 'PUT') done = path === '/upload'
      return method === 'PUT' ? { status: 201, headers: { 'docker-content-digest': stored.digest } } : { status: 404 }
    })
    await using client = clientFor(server)
    const at = (repository: string) => ({ registry: server.host, repository })
    await client.copyBlob(at('from'), at('to'), stored)
    expect(done).toBe(true)
  })
})

describe('a download', () => {
  const bytes = Buffer.from('0123456789')
  const stored = { ...sourceOf(bytes).descriptor, mediaType: MEDIA_TYPES.ociLayer }

  test('with other bytes fails at its end', async () => {
    await using server = await startScriptedServer(() => ({ status: 200, body: '012345678X' }))
    await using client = clientFor(server)
    const stream = await client.readBlob({ registry: server.host, repository: 'a' }, stored)
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test('with more bytes fails as soon as that is seen', async () => {
    await using server = await startScriptedServer(() => ({ status: 200, body: '0123456789X' }))
    await using client = clientFor(server)
    const stream = await client.readBlob({ registry: server.host, repository: 'a' }, stored)
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test('that is tried again is reported once, to the listener of the client and to that of the call', async () => {
    let asked = 0
    await using server = await startScriptedServer(() => {
      asked += 1
      return asked === 1 ? { status: 503 } : { status: 200, body: bytes.toString() }
    })
    const reported: string[] = []
    await using client = createRegistry({ retry: { delay: 1 }, onEvent: ({ kind }) => reported.push(`client ${kind}`) })
    const onEvent = ({ kind }: RegistryEvent) => reported.push(`call ${kind}`)
    await buffer(await client.readBlob({ registry: server.host, repository: 'a' }, stored, { onEvent }))
    expect(reported).toEqual(['client registry-retry', 'call registry-retry', 'client transfer', 'call transfer'])
  })

  test('is gone on with if the registry does not know Range', async () => {
    let asked = 0
    await using server = await startScriptedServer(() => {
      asked += 1
      return { status: 200, body: asked === 1 ? '01234' : bytes.toString() }
    })
    await using client = clientFor(server)
    const stream = await client.readBlob({ registry: server.host, repository: 'a' }, stored)
    expect((await buffer(stream)).toString()).toBe('0123456789')
    expect(server.seen.map(({ headers }) => headers['range'])).toEqual([undefined, 'bytes=5-9'])
  })

  test('ends with the signal, and one that is not read leaves nothing behind', async () => {
    await using server = await startScriptedServer(() => ({ status: 200, body: 'x'.repeat(10_000_000) }))
    await using client = clientFor(server)
    const large = { ...stored, digest: digestOf('x'), size: 10_000_000 }
    const stop = new AbortController()
    const stream = await client.readBlob({ registry: server.host, repository: 'a' }, large, { signal: stop.signal })
    const read = buffer(stream)
    stop.abort()
    await expect(read).rejects.toBeInstanceOf(CancelledError)
    const unread = await client.readBlob({ registry: server.host, repository: 'a' }, large)
    unread.destroy()
  })
})
