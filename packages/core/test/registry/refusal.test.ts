import { EventEmitter, once } from 'node:events'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { RegistryError } from '../../src/model/errors.js'
import type { RegistryEvent } from '../../src/model/run/events.js'
import { createRegistry } from '../../src/registry/client.js'
import { sourceOf } from './contract.js'
import { startScriptedServer } from './scripted-server.js'
import { clientFor, head, identity, password, startTokenRegistry } from './token-registry.js'

test.each([
  ['Negotiate, NTLM', "by 'negotiate' or 'ntlm'"],
  ['Bearer', 'names no token service'],
  ['Bearer realm="token"', 'names no token service'],
  ['Bearer realm="ftp://example.com/token"', 'names no token service'],
  ['', 'names no authentication scheme'],
])('a login that can be tried by none of the ways in "%s" is reported as that', async (challenge, hint) => {
  await using server = await startScriptedServer(() => ({ status: 401, headers: { 'www-authenticate': challenge } }))
  await using client = clientFor(server.host, password)
  const resolved = client.resolve({ registry: server.host, repository: 'a', tag: 'b' })
  await expect(resolved).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', hint: expect.stringContaining(hint) })
  expect(server.seen).toHaveLength(1)
})

test('a rejection without a login request is not reported as a login error', async () => {
  await using server = await startScriptedServer(() => ({ status: 403 }))
  await using client = clientFor(server.host, password)
  const resolved = client.resolve({ registry: server.host, repository: 'a', tag: 'b' })
  await expect(resolved).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    hint: expect.stringContaining(`${server.host} rejects the request without requesting a login`),
  })
})

test('a push to a registry that makes no repositories gets a hint; a lookup of a name does not', async () => {
  const body = JSON.stringify({ errors: [{ code: 'NAME_UNKNOWN', message: 'The repository does not exist' }] })
  await using server = await startScriptedServer(() => ({ status: 404, body }))
  await using client = clientFor(server.host, password)
  const repository = { registry: server.host, repository: 'a' }
  await expect(client.writeBlob(repository, sourceOf(Buffer.from('x')))).rejects.toMatchObject({
    code: 'NOT_FOUND',
    hint: expect.stringContaining('create the repository first'),
  })
  await expect(client.deleteManifest({ ...repository, tag: 'b' })).rejects.not.toMatchObject({
    hint: expect.stringContaining('Create'),
  })
})

test('a login that a part of a host requests in another way does not explain what another part rejects', async () => {
  await using servers = await startTokenRegistry({
    answer({ path }) {
      if (path.startsWith('/v2/odd')) return { status: 401, headers: { 'www-authenticate': 'Negotiate' } }
      return path.startsWith('/v2/denied') ? { status: 403 } : head
    },
  })
  await using client = clientFor(servers.host, password)
  const resolve = (repository: string) => client.resolve({ registry: servers.host, repository, tag: 'b' })
  await resolve('a')
  const hinting = (hint: string) => ({ hint: expect.stringContaining(hint) })
  await expect(resolve('odd')).rejects.toMatchObject(hinting("the password of user 'builder'"))
  await expect(resolve('denied')).rejects.toMatchObject(hinting("the password of user 'builder'"))
})

test('an identity token in place of a name and a password is reported', async () => {
  const basic = { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
  await using server = await startScriptedServer(() => basic)
  const reference = { registry: server.host, repository: 'a', tag: 'b' }
  await using client = clientFor(server.host, identity)
  await expect(client.resolve(reference)).rejects.toMatchObject({
    code: 'REGISTRY_UNAUTHORIZED',
    hint: expect.stringContaining('requires a user name and a password, but the stored login is an identity token'),
  })
  expect(server.seen).toHaveLength(1)
  await using refused = clientFor(server.host, password)
  await expect(refused.resolve(reference)).rejects.toMatchObject({ hint: expect.stringContaining("user 'builder'") })
})

describe('the report of a rejection', () => {
  const secrets = ['hunter2', 's3cret', Buffer.from('builder:hunter2:s3cret').toString('base64'), 'token-1', 'c2VjcmV0']

  test.each([
    ['a password', password, "user 'builder'"],
    ['an identity token', identity, 'identity token'],
    ['nothing', undefined, 'no credentials'],
  ])(
    'names who was shown %s, the way to log in, the request id and the codes, and no secret',
    async (_, login, who) => {
      const body = JSON.stringify({
        errors: [
          { code: 'DENIED', message: 'not for Bearer token-1 at https://u:hunter2@x/?a=s3cret' },
          { code: 'DENIED', message: 'token-1 is not enough' },
        ],
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
          codes: ['DENIED', 'DENIED'],
          requestId: 'id-42',
        },
      })
      const hint = (error as RegistryError).hint ?? ''
      expect(hint).toContain(who)
      expect(hint).toContain(`docker login ${servers.host}`)
      expect(events).toHaveLength(1)
      const reported = inspect([error, events], { depth: 10, showHidden: true })
      for (const secret of secrets) expect(reported).not.toContain(secret)
    },
  )

  test('has no secret that the request itself was sent with, also if another one is in use by then', async () => {
    const passwords = ['first-s3cret', 'second-s3cret']
    const replaced = new EventEmitter()
    const isReplaced = once(replaced, 'password')
    const basic = { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
    await using server = await startScriptedServer(async ({ path, headers }) => {
      const shown = Buffer.from(headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString()
      if (shown === '') return basic
      if (path.endsWith('/first')) return head
      if (path.endsWith('/late')) {
        await isReplaced
        const message = `${shown.replace(':', ' with ')} may not`
        return { status: 403, body: JSON.stringify({ errors: [{ code: 'DENIED', message }] }) }
      }
      if (shown.endsWith('first-s3cret')) return basic
      replaced.emit('password')
      return head
    })
    const find = async () => {
      return { kind: 'password' as const, username: 'builder', password: passwords.shift() ?? '' }
    }
    await using client = createRegistry({ credentials: { find } })
    const at = (tag: string) => ({ registry: server.host, repository: 'a', tag })
    await client.resolve(at('first'))
    const [late, early] = await Promise.allSettled([client.getManifest(at('late')), client.resolve(at('early'))])
    expect(early.status).toBe('fulfilled')
    expect(late).toMatchObject({ reason: { message: expect.stringContaining('builder with [redacted] may not') } })
  })

  test('has no secret that a token service repeats', async () => {
    const basic = Buffer.from('builder:hunter2:s3cret').toString('base64')
    const message = `builder with hunter2:s3cret, as in ${basic}, is nobody`
    await using tokens = await startScriptedServer(() => ({
      status: 401,
      headers: { 'x-request-id': basic },
      body: JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message }] }),
    }))
    const challenge = { 'www-authenticate': `Bearer realm="http://${tokens.host}/token?key=s3cret"` }
    await using server = await startScriptedServer(() => ({ status: 401, headers: challenge }))
    await using client = clientFor(server.host, password)
    const error = await client
      .resolve({ registry: server.host, repository: 'a', tag: 'b' })
      .catch((thrown: unknown) => thrown)
    const reported = inspect(error, { depth: 10, showHidden: true })
    expect(reported).toContain('is nobody')
    for (const secret of secrets) expect(reported).not.toContain(secret)
  })
})
