import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { createRegistry } from '../../src/registry/client.js'
import { parseLocation, withParameter } from '../../src/registry/http/written-url.js'
import { sourceOf } from './contract.js'
import { memoryRegistry } from './memory-registry.js'
import { startScriptedServer } from './scripted-server.js'

const BASE = new URL('https://r.example.com/v2/app/blobs/uploads/')

test.each([
  // Unchanged, although `URL` would normalize dot segments, quotes and escapes.
  ['/v2/app/../x/./y', 'https://r.example.com', '/v2/app/../x/./y'],
  ["/v2/x?_state=a'b|c^d`{e}", 'https://r.example.com', "/v2/x?_state=a'b|c^d`{e}"],
  ['/v2/%7ex%2e%2E/?a=%2f+%20', 'https://r.example.com', '/v2/%7ex%2e%2E/?a=%2f+%20'],
  ['/v2/\u00e9', 'https://r.example.com', '/v2/\u00e9'],
  ['https://Other.example.com:443/a/../b?c#part', 'https://other.example.com', '/a/../b?c'],
  ['//other.example.com/a//b', 'https://other.example.com', '/a//b'],
  ['/\\other.example.com/a', 'https://other.example.com', '/a'],
  // Resolved against the base, or escaped because a request line cannot hold them.
  ['12?a=b', 'https://r.example.com', '/v2/app/blobs/uploads/12?a=b'],
  ['?a=b', 'https://r.example.com', '/v2/app/blobs/uploads/?a=b'],
  ['/v2/a b', 'https://r.example.com', '/v2/a%20b'],
  ['https://other.example.com', 'https://other.example.com', '/'],
])('parses %j into the origin %s and the path %s', (location, origin, path) => {
  const parsed = parseLocation(location, BASE)
  expect(parsed).toMatchObject({ path })
  expect(parsed?.url.origin).toBe(origin)
})

test('returns undefined for an invalid URL', () => {
  expect(parseLocation('https://[', BASE)).toBeUndefined()
})

test('appends a parameter to the existing query', () => {
  const at = (path: string) => withParameter({ url: BASE, path }, 'digest', 'sha256:1').path
  expect(at('/a')).toBe('/a?digest=sha256%3A1')
  expect(at("/a?b='")).toBe("/a?b='&digest=sha256%3A1")
})

test('an upload sends its PUT to the exact Location that the registry returned', async () => {
  const written = "/v2/app/blobs/uploads/./1/%7e?_state='a|b%2f%2F"
  const { answer } = memoryRegistry()
  const targets: string[] = []
  await using server = await startScriptedServer((request) => {
    const found = answer(request)
    return found && request.method === 'POST' ? { ...found, headers: { location: written } } : found
  })
  server.server.on('request', ({ method, url }) => targets.push(`${method} ${url}`))
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const source = sourceOf(Buffer.from('content'))
  await registry.writeBlob({ registry: server.host, repository: 'app' }, source)
  const digest = encodeURIComponent(source.descriptor.digest)
  expect(targets.find((one) => one.startsWith('PUT'))).toBe(`PUT ${written}&digest=${digest}`)
})

test('a download follows a redirect to the exact Location that the registry returned', async () => {
  const bytes = 'content'
  const targets: string[] = []
  await using storage = await startScriptedServer(() => ({ status: 200, body: bytes }))
  storage.server.on('request', ({ url }) => targets.push(url ?? ''))
  const signed = "/bucket/./key?X-Signature='%2b|~"
  await using server = await startScriptedServer(() => ({
    status: 307,
    headers: { location: `http://${storage.host}${signed}` },
  }))
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const descriptor = { digest: digestOf(bytes), size: bytes.length, mediaType: 'text/plain' }
  const blob = await registry.readBlob({ registry: server.host, repository: 'app' }, descriptor)
  expect(Buffer.concat(await blob.toArray()).toString()).toBe(bytes)
  expect(targets).toEqual([signed])
})
