import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { RegistryError } from '../../src/model/errors.js'
import type { RegistryEvent } from '../../src/model/events.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { staticCredentials } from '../../src/registry/credentials.js'
import type { Credentials } from '../../src/registry/port.js'
import {
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  startScriptedServer,
} from './scripted-server.js'

const password: Credentials = { kind: 'password', username: 'builder', password: 'hunter2:s3cret' }
const identity: Credentials = { kind: 'identity-token', token: 'refresh-s3cret' }
const descriptor = { digest: digestOf('x'), size: 1, mediaType: MEDIA_TYPES.ociLayer }

const head: ScriptedAnswer = {
  status: 200,
  headers: {
    'docker-content-digest': digestOf('manifest'),
    'content-type': MEDIA_TYPES.ociManifest,
    'content-length': '8',
  },
}

interface TokenRegistry extends AsyncDisposable {
  readonly host: string
  readonly registry: ScriptedServer
  readonly tokens: ScriptedServer
}

/** A registry that wants the newest token of its token service. */
async function startTokenRegistry(
  options: { readonly lifetime?: number; readonly answer?: (request: ScriptedRequest) => ScriptedAnswer } = {},
): Promise<TokenRegistry> {
  let issued = 0
  const tokens = await startScriptedServer(async () => {
    issued += 1
    const token = `token-${issued}`
    // Long enough for requests that come at the same time to meet.
    await sleep(20)
    return { status: 200, body: JSON.stringify({ token, ...(options.lifetime && { expires_in: options.lifetime }) }) }
  })
  const challenge = `Bearer realm="http://${tokens.host}/token",service="registry.example.com"`
  const registry = await startScriptedServer((request) => {
    const valid = request.headers.authorization === `Bearer token-${issued}`
    if (!valid) return { status: 401, headers: { 'www-authenticate': challenge } }
    return options.answer?.(request) ?? head
  })
  return {
    host: registry.host,
    registry,
    tokens,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await tokens[Symbol.asyncDispose]()
    },
  }
}

function clientFor(host: string, credentials?: Credentials) {
  return createRegistry({
    retry: { delay: 1 },
    ...(credentials && { credentials: staticCredentials({ [host]: credentials }) }),
  })
}

describe('Bearer tokens', () => {
  test('many requests at once share the probe and one token', async () => {
    await using servers = await startTokenRegistry()
    await using client = clientFor(servers.host, password)
    const reference = { registry: servers.host, repository: 'a/b', tag: 'latest' }
    await Promise.all(Array.from({ length: 20 }, () => client.resolve(reference)))
    expect(servers.tokens.seen).toHaveLength(1)
    expect(servers.registry.seen).toHaveLength(21)
    const [order] = servers.tokens.seen
    expect(order?.query.getAll('scope')).toEqual(['repository:a/b:pull'])
    expect(order?.query.get('service')).toBe('registry.example.com')
    expect(order?.headers.authorization).toBe(`Basic ${Buffer.from('builder:hunter2:s3cret').toString('base64')}`)
  })

  test('one is asked for anew before it expires', async () => {
    await using servers = await startTokenRegistry({ lifetime: 0.2 })
    await using client = clientFor(servers.host)
    const reference = { registry: servers.host, repository: 'a/b', tag: 'latest' }
    await client.resolve(reference)
    await sleep(200)
    await client.resolve(reference)
    expect(servers.tokens.seen).toHaveLength(2)
    const refused = servers.registry.seen.filter(({ headers }) => headers.authorization === undefined)
    expect(refused).toHaveLength(1)
  })

  test('one that the registry no longer takes is replaced, once', async () => {
    let revoked = false
    await using servers = await startTokenRegistry({
      answer() {
        if (!revoked) return head
        revoked = false
        return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${servers.tokens.host}/token"` } }
      },
    })
    await using client = clientFor(servers.host)
    const reference = { registry: servers.host, repository: 'a/b', tag: 'latest' }
    await client.resolve(reference)
    revoked = true
    expect(await client.resolve(reference)).toBeDefined()
    expect(servers.tokens.seen).toHaveLength(2)
  })

  test('an identity token is exchanged as OAuth2 wants it', async () => {
    await using servers = await startTokenRegistry()
    await using client = clientFor(servers.host, identity)
    await client.resolve({ registry: servers.host, repository: 'a/b', tag: 'latest' })
    const [order] = servers.tokens.seen
    expect(order?.method).toBe('POST')
    expect(Object.fromEntries(new URLSearchParams(order?.body))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-s3cret',
      scope: 'repository:a/b:pull',
    })
  })

  test('a token for a mount also lets the source be pulled', async () => {
    await using servers = await startTokenRegistry({ answer: () => ({ status: 201 }) })
    await using client = clientFor(servers.host, password)
    const at = (repository: string) => ({ registry: servers.host, repository })
    await client.copyBlob(at('from'), at('to'), descriptor)
    expect(servers.tokens.seen[0]?.query.getAll('scope')).toEqual(['repository:from:pull', 'repository:to:pull,push'])
  })

  test('a password is not sent to a token service in the clear', async () => {
    const challenge = 'Bearer realm="http://auth.example.com/token"'
    await using server = await startScriptedServer(() => ({ status: 401, headers: { 'www-authenticate': challenge } }))
    await using client = clientFor(server.host, password)
    const resolved = client.resolve({ registry: server.host, repository: 'a', tag: 'b' })
    await expect(resolved).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
  })
})

test('a registry that asks for nothing is shown nothing', async () => {
  await using server = await startScriptedServer(() => head)
  await using client = clientFor(server.host, password)
  await client.resolve({ registry: server.host, repository: 'a', tag: 'b' })
  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([undefined])
})

test('a redirect to another host has no Authorization, one within the host keeps it', async () => {
  await using storage = await startScriptedServer(() => ({ status: 200, body: 'x' }))
  await using server = await startScriptedServer(({ path, headers }) => {
    if (headers.authorization === undefined) return { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
    if (path === '/elsewhere') return { status: 302, headers: { location: `http://${storage.host}/blob?sig=s3cret` } }
    return { status: 307, headers: { location: '/elsewhere' } }
  })
  await using client = clientFor(server.host, password)
  const stream = await client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  expect(await Readable.from(stream).toArray()).toEqual([Buffer.from('x')])
  expect(server.seen.map(({ path, headers }) => [path, headers.authorization !== undefined])).toEqual([
    [`/v2/a/blobs/${descriptor.digest}`, false],
    [`/v2/a/blobs/${descriptor.digest}`, true],
    ['/elsewhere', true],
  ])
  expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined])
})

test('another host that asks for a login after a redirect is not given one', async () => {
  await using storage = await startScriptedServer(() => ({
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="r"' },
  }))
  await using server = await startScriptedServer(() => ({
    status: 307,
    headers: { location: `http://${storage.host}/` },
  }))
  await using client = clientFor(server.host, password)
  const read = client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  await expect(read).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
  expect(storage.seen).toHaveLength(1)
})

test('a redirect to plain HTTP is refused', async () => {
  const location = 'http://storage.example.com/blob'
  await using server = await startScriptedServer(() => ({ status: 307, headers: { location } }))
  await using client = clientFor(server.host)
  const read = client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  await expect(read).rejects.toMatchObject({ code: 'REGISTRY_REJECTED', exchange: { url: location } })
})

describe('what is told of a refusal', () => {
  const secrets = ['hunter2', 's3cret', Buffer.from('builder:hunter2:s3cret').toString('base64'), 'token-1', 'c2VjcmV0']

  test.each([
    ['a password', password, "user 'builder'"],
    ['an identity token', identity, 'identity token'],
    ['nothing', undefined, 'No credentials'],
  ])(
    'names who was shown %s, the way to log in, the request id and the codes, and no secret',
    async (_, login, who) => {
      const body = JSON.stringify({
        errors: [{ code: 'DENIED', message: 'not for Bearer token-1 at https://u:hunter2@x/?a=s3cret' }],
      })
      const denied = { status: 403, headers: { 'x-request-id': 'id-42', 'retry-after': '1' }, body }
      let asked = 0
      await using servers = await startTokenRegistry({
        answer() {
          asked += 1
          return asked === 1 ? { status: 503 } : denied
        },
      })
      const events: RegistryEvent[] = []
      await using client = clientFor(servers.host, login)
      const call = { onEvent: (event: RegistryEvent) => events.push(event) }
      const error = await client.getManifest({ registry: servers.host, repository: 'a', tag: 'b' }, call).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(RegistryError)
      expect(error).toMatchObject({
        code: 'REGISTRY_DENIED',
        status: 403,
        exchange: {
          method: 'GET',
          url: `http://${servers.host}/v2/a/manifests/b`,
          codes: ['DENIED'],
          requestId: 'id-42',
        },
      })
      const hint = (error as RegistryError).hint ?? ''
      expect(hint).toContain(who)
      expect(hint).toContain(`docker login ${servers.host}`)
      expect(events).toHaveLength(1)
      const told = inspect([error, events], { depth: 10, showHidden: true })
      for (const secret of secrets) expect(told).not.toContain(secret)
    },
  )
})
