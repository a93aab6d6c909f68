import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { beginUpload, errorCodes, putBlob, someBytes, type TestRegistry, testRegistry } from './test-registry.js'

let registry: TestRegistry
beforeAll(async () => {
  registry = await testRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

const read = (name: string, digest: string, headers: Record<string, string> = {}) =>
  registry.send(`/v2/${name}/blobs/${digest}`, { headers })

describe('a pushed blob', () => {
  test.each([0, 1, 1000, 3_000_000])('by one POST of %d bytes is there', async (size) => {
    const blob = someBytes(size)
    await putBlob(registry, 'push/post', blob)
    const answer = await read('push/post', blob.digest)
    expect(answer.headers.get('docker-content-digest')).toBe(blob.digest)
    expect(answer.headers.get('content-length')).toBe(String(size))
    expect(digestOf(Buffer.from(await answer.arrayBuffer()))).toBe(blob.digest)
  })

  test('by POST and PUT exists, and HEAD reports its size', async () => {
    const { bytes, digest } = someBytes()
    const place = await beginUpload(registry, 'push/put')
    const done = await registry.send(`${place}?digest=${digest}`, { method: 'PUT', body: bytes })
    expect(done.status).toBe(201)
    expect(done.headers.get('location')).toBe(`/v2/push/put/blobs/${digest}`)
    const head = await registry.send(`/v2/push/put/blobs/${digest}`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1000'])
  })

  test('by chunks exists, and each response reports the received bytes', async () => {
    const { bytes, digest } = someBytes(1000)
    const place = await beginUpload(registry, 'push/chunks')
    const ranges: (string | null)[] = []
    for (const [first, end] of [
      [0, 400],
      [400, 900],
    ] as const) {
      const headers = { 'content-range': `${first}-${end - 1}` }
      const answer = await registry.send(place, { method: 'PATCH', headers, body: bytes.subarray(first, end) })
      ranges.push(answer.headers.get('range'))
    }
    expect(ranges).toEqual(['0-399', '0-899'])
    const last = { method: 'PUT', body: bytes.subarray(900), headers: { 'content-range': '900-999' } }
    expect((await registry.send(`${place}?digest=${digest}`, last)).status).toBe(201)
    expect((await read('push/chunks', digest)).status).toBe(200)
  })

  test('by a stream of unknown length exists', async () => {
    const { bytes, digest } = someBytes(100_000)
    const place = await beginUpload(registry, 'push/stream')
    const body = ReadableStream.from([bytes.subarray(0, 60_000), bytes.subarray(60_000)])
    // Required by fetch for a stream: https://fetch.spec.whatwg.org/#dom-requestinit-duplex
    const streamed = await registry.send(place, { method: 'PATCH', body, duplex: 'half' } as RequestInit)
    expect([streamed.status, streamed.headers.get('range')]).toEqual([202, '0-99999'])
    expect((await registry.send(`${place}?digest=${digest}`, { method: 'PUT' })).status).toBe(201)
  })

  test('by a chunk at a wrong offset is rejected with the correct one', async () => {
    const { bytes } = someBytes(1000)
    const place = await beginUpload(registry, 'push/order')
    await registry.send(place, { method: 'PATCH', body: bytes.subarray(0, 400) })
    const early = { method: 'PATCH', body: bytes.subarray(500), headers: { 'content-range': '500-999' } }
    const refused = await registry.send(place, early)
    expect([refused.status, refused.headers.get('range')]).toEqual([416, '0-399'])
    const asked = await registry.send(place)
    expect([asked.status, asked.headers.get('range')]).toEqual([204, '0-399'])
  })

  test('under a wrong digest is rejected and discarded', async () => {
    await using own = await testRegistry()
    const { digest } = someBytes()
    const place = await beginUpload(own, 'push/wrong')
    const refused = await own.send(`${place}?digest=${digest}`, { method: 'PUT', body: 'something else' })
    expect([refused.status, await errorCodes(refused)]).toEqual([400, ['DIGEST_INVALID']])
    expect((await own.send(`/v2/push/wrong/blobs/${digest}`)).status).toBe(404)
    const posted = { method: 'POST', body: 'something else' }
    expect((await own.send(`/v2/push/wrong/blobs/uploads/?digest=${digest}`, posted)).status).toBe(400)
    expect(await readdir(join(own.directory, 'incoming'))).toEqual([])
  })

  test('by a cancelled upload does not exist', async () => {
    const place = await beginUpload(registry, 'push/cancel')
    await registry.send(place, { method: 'PATCH', body: 'half' })
    expect((await registry.send(place, { method: 'DELETE' })).status).toBe(204)
    const asked = await registry.send(place)
    expect([asked.status, await errorCodes(asked)]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']])
  })

  test('by an upload of another repository is rejected', async () => {
    const place = await beginUpload(registry, 'push/mine')
    const stolen = await registry.send(place.replace('push/mine', 'push/yours'))
    expect(await errorCodes(stolen)).toEqual(['BLOB_UPLOAD_UNKNOWN'])
  })

  test('by eight clients at once exists for each of them', async () => {
    const blob = someBytes(500_000)
    const names = Array.from({ length: 8 }, (_, index) => `push/at-once-${index % 3}`)
    await Promise.all(names.map((name) => putBlob(registry, name, blob)))
    const statuses = await Promise.all(names.map(async (name) => (await read(name, blob.digest)).status))
    expect(new Set(statuses)).toEqual(new Set([200]))
  })
})

describe('a blob of another repository', () => {
  test('is not visible', async () => {
    const digest = await putBlob(registry, 'see/mine')
    const answer = await read('see/yours', digest)
    expect([answer.status, await errorCodes(answer)]).toEqual([404, ['BLOB_UNKNOWN']])
  })

  test('is mounted', async () => {
    const digest = await putBlob(registry, 'mount/from')
    const uploads = `/v2/mount/to/blobs/uploads/?mount=${digest}&from=mount/from`
    expect((await registry.send(uploads, { method: 'POST' })).status).toBe(201)
    expect((await read('mount/to', digest)).status).toBe(200)
  })

  test.each(['mount/empty', '../etc'])('is uploaded instead where %s does not have it', async (from) => {
    const { digest } = someBytes()
    const uploads = `/v2/mount/other/blobs/uploads/?mount=${digest}&from=${from}`
    const answer = await registry.send(uploads, { method: 'POST' })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('location')).toMatch(/^\/v2\/mount\/other\/blobs\/uploads\//)
  })

  test('is kept if another repository deletes it', async () => {
    const blob = someBytes()
    await putBlob(registry, 'delete/one', blob)
    await putBlob(registry, 'delete/two', blob)
    const path = `/v2/delete/one/blobs/${blob.digest}`
    expect((await registry.send(path, { method: 'DELETE' })).status).toBe(202)
    expect((await registry.send(path, { method: 'DELETE' })).status).toBe(404)
    expect((await read('delete/two', blob.digest)).status).toBe(200)
    await registry.send(`/v2/delete/two/blobs/${blob.digest}`, { method: 'DELETE' })
    const files = await readdir(join(registry.directory, 'blobs/sha256'))
    expect(files).not.toContain(blob.digest.slice('sha256:'.length))
  })
})

describe('parts of a blob', () => {
  test.each([
    ['bytes=0-99', 0, 100],
    ['bytes=900-', 900, 1000],
    ['bytes=-1', 999, 1000],
    ['bytes=990-5000', 990, 1000],
  ])('%s', async (range, first, end) => {
    const blob = someBytes(1000)
    await putBlob(registry, 'range/part', blob)
    const answer = await read('range/part', blob.digest, { range })
    expect(answer.status).toBe(206)
    expect(answer.headers.get('content-range')).toBe(`bytes ${first}-${end - 1}/1000`)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(blob.bytes.subarray(first, end))
  })

  test('beyond the end are rejected with the size', async () => {
    const digest = await putBlob(registry, 'range/beyond')
    const answer = await read('range/beyond', digest, { range: 'bytes=1000-' })
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, 'bytes */1000'])
  })

  test('are not sent if the content has changed since the first request', async () => {
    const digest = await putBlob(registry, 'range/condition')
    const headers = { range: 'bytes=10-', 'if-range': '"sha256:other"' }
    expect((await read('range/condition', digest, headers)).status).toBe(200)
    expect((await read('range/condition', digest, { ...headers, 'if-range': `"${digest}"` })).status).toBe(206)
  })
})
