import { once } from 'node:events'
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/registry-server/index.js'
import { beginUpload, putBlob, someBytes, testRegistry } from './test-registry.js'

const start = (...faults: FaultRule[]) => testRegistry({ faults })

describe('a fault', () => {
  test('applies to the nth matching request only', async () => {
    const fault = { kind: 'answer', status: 429, headers: { 'retry-after': '1' } } as const
    await using registry = await start({ method: 'GET', path: /\/tags\/list$/, nth: 2, fault })
    const statuses: number[] = []
    for (const path of ['/v2/', '/v2/a/tags/list', '/v2/b/tags/list', '/v2/c/tags/list']) {
      statuses.push((await registry.send(path)).status)
    }
    expect(statuses).toEqual([200, 404, 429, 404])
  })

  test('without a number applies to each request', async () => {
    await using registry = await start({ fault: { kind: 'answer', status: 503 } })
    expect((await registry.send('/v2/')).status).toBe(503)
    expect((await registry.send('/v2/a/tags/list')).status).toBe(503)
  })

  test('that drops the request has no effect on the store', async () => {
    await using registry = await start({ method: 'POST', nth: 1, fault: { kind: 'lose-request' } })
    const blob = someBytes()
    await expect(putBlob(registry, 'app', blob)).rejects.toThrow()
    expect((await registry.send(`/v2/app/blobs/${blob.digest}`)).status).toBe(404)
  })

  test('that drops the response executes the request', async () => {
    await using registry = await start({ method: 'POST', nth: 1, fault: { kind: 'lose-answer' } })
    const blob = someBytes()
    await expect(putBlob(registry, 'app', blob)).rejects.toThrow()
    expect((await registry.send(`/v2/app/blobs/${blob.digest}`)).status).toBe(200)
  })

  test('that cuts a request keeps the received bytes', async () => {
    await using registry = await start({ method: 'PATCH', nth: 1, fault: { kind: 'cut-request', after: 300 } })
    const place = await beginUpload(registry, 'app')
    await expect(registry.send(place, { method: 'PATCH', body: someBytes(1000).bytes })).rejects.toThrow()
    expect((await registry.send(place)).headers.get('range')).toBe('0-299')
  })

  test('that cuts a response sends the given number of bytes', async () => {
    await using registry = await start({ path: /\/blobs\/sha256/, nth: 1, fault: { kind: 'cut-answer', after: 300 } })
    const digest = await putBlob(registry, 'app', someBytes(1000))
    const answer = await registry.send(`/v2/app/blobs/${digest}`)
    expect(answer.headers.get('content-length')).toBe('1000')
    await expect(answer.arrayBuffer()).rejects.toThrow()
    expect((await (await registry.send(`/v2/app/blobs/${digest}`)).arrayBuffer()).byteLength).toBe(1000)
  })

  const forHours = { path: /slow/, fault: { kind: 'delay', milliseconds: 3_600_000 } } as const

  test('that delays executes the request later', async () => {
    await using registry = await start({ path: /slow/, fault: { kind: 'delay', milliseconds: 50 } })
    const asked = performance.now()
    expect((await registry.send('/v2/slow/tags/list')).status).toBe(404)
    expect(performance.now() - asked).toBeGreaterThan(45)
  })

  test('that delays does not block later requests, and ends with its client', async () => {
    await using registry = await start(forHours)
    const slow = request(`${registry.server.url}/v2/slow/tags/list`, { headers: { expect: '100-continue' } })
    slow.on('error', () => {}).flushHeaders()
    // By this the server says that it has the request.
    await once(slow, 'continue')
    await registry.send('/v2/fast/tags/list')
    expect(registry.requests.map(({ path }) => path)).toEqual(['/v2/fast/tags/list'])
    slow.destroy()
    await registry.server.close()
    expect(registry.requests[1]).toEqual({ method: 'GET', path: '/v2/slow/tags/list', status: 0 })
  })
})
