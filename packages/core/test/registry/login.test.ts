import { EventEmitter, once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { startScriptedServer } from './scripted-server.js'
import { clientFor, head, identity, password, startTokenRegistry } from './token-registry.js'

const descriptor = { digest: digestOf('x'), size: 1, mediaType: MEDIA_TYPES.ociLayer }

/** A token service whose token for the repository `broken` no header can carry. */
const startBrokenTokens = () =>
  startScriptedServer(({ query }) => ({
    status: 200,
    body: JSON.stringify({ token: query.get('scope')?.includes('broken') ? 'two\nlines' : 'good' }),
  }))

/** A registry that accepts any token of a service. */
const startAsking = (tokens: string) =>
  startScriptedServer(({ headers }) =>
    headers.authorization
      ? head
      : { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${tokens}/token"` } },
  )

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

  test('one is requested again before it expires, once for many requests', async () => {
    await using servers = await startTokenRegistry({ lifetimes: [0.2] })
    await using client = clientFor(servers.host)
    const reference = { registry: servers.host, repository: 'a/b', tag: 'latest' }
    await client.resolve(reference)
    await sleep(200)
    await Promise.all(Array.from({ length: 10 }, () => client.resolve(reference)))
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

  test('where it is rejected to two requests at a time, each error names its login', async () => {
    const arrived = new EventEmitter()
    const fetched = once(arrived, 'second token')
    const triedAgain = once(arrived, '/v2/a/manifests/late with the second')
    await using tokens = await startScriptedServer(() => {
      if (tokens.seen.length === 2) arrived.emit('second token')
      return { status: 200, body: JSON.stringify({ token: `token-${tokens.seen.length}` }) }
    })
    const refused = { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${tokens.host}/token"` } }
    await using server = await startScriptedServer(async ({ path, headers }) => {
      if (path === '/v2/a/manifests/first') return headers.authorization ? head : refused
      const isSecond = headers.authorization === 'Bearer token-2'
      if (isSecond) arrived.emit(`${path} with the second`)
      if (path === '/v2/a/manifests/late') await fetched
      else if (isSecond) await triedAgain
      return refused
    })
    await using client = clientFor(server.host, password)
    const resolve = (tag: string) => client.resolve({ registry: server.host, repository: 'a', tag })
    await resolve('first')
    const outcomes = await Promise.allSettled([resolve('early'), resolve('late')])
    const error = { code: 'REGISTRY_UNAUTHORIZED', hint: expect.stringContaining("the password of user 'builder'") }
    expect(outcomes).toMatchObject([{ reason: error }, { reason: error }])
  })

  test('a request that waits for a broader token requests a narrower one if that is rejected', async () => {
    const asked = new EventEmitter()
    const isAsked = once(asked, 'to delete')
    const isWaiting = once(asked, 'to wait')
    await using tokens = await startScriptedServer(async ({ query }) => {
      if (!query.get('scope')?.endsWith('delete')) return { status: 200, body: '{"token":"pulling"}' }
      asked.emit('to delete')
      await isWaiting
      return { status: 403 }
    })
    const refused = { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${tokens.host}/token"` } }
    await using server = await startScriptedServer(({ headers }) => (headers.authorization ? head : refused))
    await using client = clientFor(server.host, password)
    const at = (repository: string) => ({ registry: server.host, repository, tag: 'b' })
    await client.resolve(at('first'))
    const deleting = client.deleteManifest(at('a'))
    const isRefused = expect(deleting).rejects.toMatchObject({ code: 'REGISTRY_DENIED' })
    await isAsked
    const pulling = client.resolve(at('a'))
    setImmediate(() => asked.emit('to wait'))
    expect(await pulling).toBeDefined()
    await isRefused
  })

  test('who is denied one does not wait for those that others request', async () => {
    const answered = new EventEmitter()
    const isDone = once(answered, 'replaced')
    let current = 'token-1'
    await using tokens = await startScriptedServer(async ({ query }) => {
      if (query.get('scope')?.includes('slow')) await isDone
      return { status: 200, body: JSON.stringify({ token: current }) }
    })
    const refused = { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${tokens.host}/token"` } }
    await using server = await startScriptedServer(({ headers }) =>
      headers.authorization === `Bearer ${current}` ? head : refused,
    )
    await using client = clientFor(server.host, password)
    const resolve = (repository: string) => client.resolve({ registry: server.host, repository, tag: 'b' })
    await resolve('a')
    current = 'token-2'
    const slow = resolve('slow')
    expect(await resolve('a')).toBeDefined()
    answered.emit('replaced')
    expect(await slow).toBeDefined()
  })

  test('that no header can carry end the request that waited for it', async () => {
    await using tokens = await startBrokenTokens()
    await using server = await startAsking(tokens.host)
    await using client = clientFor(server.host)
    await client.resolve({ registry: server.host, repository: 'a', tag: 'latest' })
    const broken = client.resolve({ registry: server.host, repository: 'broken', tag: 'latest' })
    await expect(broken).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
  })

  test('that no header can carry hold no connection of the request that they were known for', async () => {
    await using tokens = await startBrokenTokens()
    await using server = await startAsking(tokens.host)
    // Only the client is to close any.
    server.server.keepAliveTimeout = 0
    await using client = clientFor(server.host)
    const broken = client.resolve({ registry: server.host, repository: 'broken', tag: 'latest' })
    await expect(broken).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    await client.resolve({ registry: server.host, repository: 'a', tag: 'latest' })
    const connections = () => promisify(server.server.getConnections.bind(server.server))()
    await expect.poll(connections).toBe(1)
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

  test('an identity token is not passed on by a redirect to another host', async () => {
    await using thief = await startScriptedServer(() => ({ status: 200, body: '{"token":"x"}' }))
    await using tokens = await startScriptedServer(() => ({
      status: 307,
      headers: { location: `http://${thief.host}/token` },
    }))
    const challenge = { 'www-authenticate': `Bearer realm="http://${tokens.host}/token"` }
    await using server = await startScriptedServer(() => ({ status: 401, headers: challenge }))
    await using client = clientFor(server.host, identity)
    const resolved = client.resolve({ registry: server.host, repository: 'a', tag: 'b' })
    await expect(resolved).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
      exchange: { url: `http://${tokens.host}/token` },
    })
    expect(thief.seen).toHaveLength(0)
  })

  test('a token for a mount also lets the source be pulled', async () => {
    await using servers = await startTokenRegistry({
      answer: () => ({ status: 201, headers: { 'docker-content-digest': descriptor.digest } }),
    })
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
    await expect(resolved).rejects.toMatchObject({
      code: 'REGISTRY_UNAUTHORIZED',
      hint: expect.stringContaining('add auth.example.com to insecureHosts'),
    })
  })
})

test('a registry that requires no login gets none', async () => {
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

test('another host that requests a login after a redirect is not given one', async () => {
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
  await expect(read).rejects.toMatchObject({
    code: 'REGISTRY_UNAUTHORIZED',
    hint: expect.stringContaining(`${storage.host}, to which ${server.host} redirects`),
  })
  expect(storage.seen).toHaveLength(1)
})

test('a redirect to plain HTTP is rejected', async () => {
  const location = 'http://storage.example.com/blob'
  await using server = await startScriptedServer(() => ({ status: 307, headers: { location } }))
  await using client = clientFor(server.host)
  const read = client.readBlob({ registry: server.host, repository: 'a' }, descriptor)
  await expect(read).rejects.toMatchObject({ code: 'REGISTRY_REJECTED', exchange: { url: location } })
})
