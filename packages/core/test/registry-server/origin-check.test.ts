import { once } from 'node:events'
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { putBlob, type TestRegistry, testRegistry } from './test-registry.js'

interface Answer {
  readonly status: number | undefined
  readonly body: string
}

/** Sends a request with headers that `fetch` sets by itself. */
async function sendAs(
  { server }: TestRegistry,
  headers: OutgoingHttpHeaders,
  method = 'GET',
  path = '/v2/',
): Promise<Answer> {
  const { port } = new URL(server.url)
  const sending = request({ host: '127.0.0.1', port, path, method, headers }).end()
  const [answer] = (await once(sending, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, body: await text(answer) }
}

const portOf = ({ server }: TestRegistry) => new URL(server.url).port
const REFUSED = { status: 403, body: expect.stringContaining('DENIED') }
const users = { ada: 'secret' }
const ADA = { authorization: `Basic ${Buffer.from('ada:secret').toString('base64')}` }

describe('a registry without logins', () => {
  test.each(['127.0.0.1', 'localhost', 'LocalHost', '[::1]', '127.1.2.3'])(
    'answers under the name %s',
    async (name) => {
      await using registry = await testRegistry()
      for (const host of [name, `${name}:${portOf(registry)}`]) {
        expect(await sendAs(registry, { host })).toMatchObject({ status: 200 })
      }
    },
  )

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '192.0.2.1', '0.0.0.0', '', '[::2]'])(
    "refuses the name '%s', as a page that has rebound it sends it",
    async (name) => {
      await using registry = await testRegistry()
      expect(await sendAs(registry, { host: `${name}:${portOf(registry)}` })).toEqual(REFUSED)
    },
  )

  test('rejects writes, deletions and token requests under another host name', async () => {
    await using registry = await testRegistry()
    const digest = await putBlob(registry, 'app')
    const host = 'evil.example'
    expect(await sendAs(registry, { host }, 'DELETE', `/v2/app/blobs/${digest}`)).toEqual(REFUSED)
    expect(await sendAs(registry, { host }, 'PUT', '/v2/app/manifests/1.0')).toEqual(REFUSED)
    expect(await sendAs(registry, { host }, 'GET', '/token')).toEqual(REFUSED)
    expect((await registry.send(`/v2/app/blobs/${digest}`)).status).toBe(200)
  })

  test('responds under its configured host names', async () => {
    await using registry = await testRegistry({ hostNames: ['host.docker.internal'] })
    expect(await sendAs(registry, { host: 'host.docker.internal:5000' })).toMatchObject({ status: 200 })
    expect(await sendAs(registry, { host: 'evil.example' })).toEqual(REFUSED)
  })

  test('responds under every address, but under no other name, if it listens on all addresses', async () => {
    await using registry = await testRegistry({ host: '0.0.0.0' })
    for (const host of ['192.0.2.1:5000', '[2001:db8::1]:5000', 'localhost:5000']) {
      expect(await sendAs(registry, { host })).toMatchObject({ status: 200 })
    }
    expect(await sendAs(registry, { host: 'evil.example' })).toEqual(REFUSED)
  })
})

describe('a registry with logins', () => {
  test('responds under every name, because a web page has no login', async () => {
    await using registry = await testRegistry({ auth: { kind: 'basic', users } })
    expect(await sendAs(registry, { host: 'registry.example.com', ...ADA })).toMatchObject({ status: 200 })
    expect(await sendAs(registry, { host: 'registry.example.com' })).toMatchObject({ status: 401 })
  })

  test('rejects pulls of web pages under another name if anonymous clients may pull', async () => {
    await using registry = await testRegistry({ auth: { kind: 'basic', users, anonymousPull: true } })
    expect(await sendAs(registry, { host: 'evil.example' }, 'GET', '/v2/app/tags/list')).toEqual(REFUSED)
    expect(await sendAs(registry, { host: 'localhost' }, 'GET', '/v2/app/tags/list')).toMatchObject({ status: 404 })
  })

  test('rejects a page of another site that sends the login that a browser keeps', async () => {
    await using registry = await testRegistry({ auth: { kind: 'basic', users } })
    expect(await sendAs(registry, { origin: 'https://evil.example', ...ADA }, 'DELETE')).toEqual(REFUSED)
  })
})

describe('requests of web pages', () => {
  test.each(['https://evil.example', 'null', 'http://localhost:1', 'file://'])(
    'from %s are refused',
    async (origin) => {
      await using registry = await testRegistry()
      const path = '/v2/app/blobs/uploads/'
      expect(await sendAs(registry, { origin }, 'POST', path)).toEqual(REFUSED)
      expect(await sendAs(registry, { origin }, 'OPTIONS', path)).toEqual(REFUSED)
    },
  )

  test('from the registry itself are answered', async () => {
    await using registry = await testRegistry()
    expect(await sendAs(registry, { origin: registry.server.url })).toMatchObject({ status: 200 })
  })

  test.each([
    ['cross-site', 403],
    ['same-site', 403],
    ['unheard-of', 403],
    ['same-origin', 200],
    ['none', 200],
  ])('with Sec-Fetch-Site: %s are answered with %i', async (site, status) => {
    await using registry = await testRegistry()
    expect(await sendAs(registry, { 'sec-fetch-site': site })).toMatchObject({ status })
  })
})

/** Sends the head of a request as it is written, and returns the first line of the answer. */
async function sendRaw(registry: TestRegistry, ...lines: readonly string[]): Promise<string | undefined> {
  const socket = connect(Number(portOf(registry)), '127.0.0.1')
  const answer = text(socket)
  socket.end(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`)
  return (await answer).split('\r\n')[0]
}

test('two Host headers are rejected, with logins too', async () => {
  for (const auth of [undefined, { kind: 'basic', users } as const]) {
    await using registry = await testRegistry(auth && { auth })
    const answer = await sendRaw(registry, 'GET /v2/ HTTP/1.1', 'Host: localhost', 'Host: evil.example')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  }
})

test.each([
  ['two names in one header', 403, ['GET /v2/ HTTP/1.1', 'Host: localhost, evil.example']],
  ['the same name twice', 400, ['GET /v2/ HTTP/1.1', 'Host: localhost', 'hOST: localhost']],
  ['a name on two lines', 400, ['GET /v2/ HTTP/1.1', 'Host: localhost', ' evil.example']],
  ['a name with a user', 403, ['GET /v2/ HTTP/1.1', 'Host: localhost@evil.example']],
  ['a name before the path', 403, ['GET http://localhost/v2/ HTTP/1.1', 'Host: evil.example']],
  ['no name', 403, ['GET /v2/ HTTP/1.0']],
  [
    'two origins',
    403,
    ['GET /v2/ HTTP/1.1', 'Host: localhost', 'Origin: http://localhost', 'Origin: http://evil.example'],
  ],
  ['an empty origin', 403, ['GET /v2/ HTTP/1.1', 'Host: localhost', 'Origin:']],
  ['two sites', 403, ['GET /v2/ HTTP/1.1', 'Host: localhost', 'Sec-Fetch-Site: none', 'Sec-Fetch-Site: cross-site']],
  [
    'a form of another site',
    403,
    ['POST /v2/a/blobs/uploads/ HTTP/1.1', 'Host: localhost', 'Origin: http://evil.example'],
  ],
] as const)('a request with %s is answered with %i', async (_what, status, lines) => {
  await using registry = await testRegistry()
  expect(await sendRaw(registry, ...lines)).toContain(`HTTP/1.1 ${status} `)
})
