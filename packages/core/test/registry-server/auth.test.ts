import { describe, expect, test } from 'vitest'
import { errorCodes, putBlob, type TestRegistry, testRegistry } from './test-registry.js'

const users = { ada: 'secret:with colon' }
const login = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
const ADA = login('ada', users.ada)

describe('Basic logins', () => {
  test('are required for everything', async () => {
    await using registry = await testRegistry({ auth: { kind: 'basic', users } })
    for (const path of ['/v2/', '/v2/app/tags/list']) {
      const answer = await registry.send(path)
      expect([answer.status, await errorCodes(answer)]).toEqual([401, ['UNAUTHORIZED']])
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="polyarch"')
    }
    expect((await registry.send('/v2/', { headers: { authorization: ADA } })).status).toBe(200)
  })

  test.each([login('ada', 'wrong'), login('eve', ''), login('constructor', ''), 'Basic', 'Basic !!', 'Bearer x'])(
    '%s is none',
    async (authorization) => {
      await using registry = await testRegistry({ auth: { kind: 'basic', users, anonymousPull: true } })
      expect((await registry.send('/v2/', { headers: { authorization } })).status).toBe(401)
      expect((await registry.send('/v2/app/tags/list', { headers: { authorization } })).status).toBe(401)
    },
  )

  test('are not required for pulls if anonymous clients may pull', async () => {
    await using registry = await testRegistry({ auth: { kind: 'basic', users, anonymousPull: true } })
    expect((await registry.send('/v2/app/tags/list')).status).toBe(404)
    expect((await registry.send('/v2/app/blobs/uploads/', { method: 'POST' })).status).toBe(401)
    expect((await registry.send('/v2/app/manifests/x', { method: 'DELETE' })).status).toBe(401)
  })
})

describe('tokens', () => {
  const start = (anonymousPull = false) => testRegistry({ auth: { kind: 'bearer', users, anonymousPull } })

  async function token({ send }: TestRegistry, scope: string, authorization?: string): Promise<string> {
    const answer = await send(`/token?service=polyarch&scope=${scope}`, {
      headers: authorization ? { authorization } : {},
    })
    const { token } = (await answer.json()) as { token: string }
    return `Bearer ${token}`
  }

  test('are requested at the address in the challenge', async () => {
    await using registry = await start()
    const answer = await registry.send('/v2/app/blobs/uploads/?mount=x&from=base', { method: 'POST' })
    const realm = `${registry.server.url}/token`
    const scope = 'repository:app:pull,push repository:base:pull'
    const challenge = `Bearer realm="${realm}",service="polyarch",scope="${scope}"`
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge])
    expect((await registry.send('/v2/')).headers.get('www-authenticate')).toBe(
      `Bearer realm="${realm}",service="polyarch"`,
    )
  })

  test('are valid for their repository and their actions only', async () => {
    await using registry = await start()
    const headers = { authorization: await token(registry, 'repository:app:pull', ADA) }
    expect((await registry.send('/v2/', { headers })).status).toBe(200)
    expect((await registry.send('/v2/app/tags/list', { headers })).status).toBe(404)
    expect((await registry.send('/v2/other/tags/list', { headers })).status).toBe(401)
    expect((await registry.send('/v2/app/blobs/uploads/', { method: 'POST', headers })).status).toBe(401)
  })

  test('for pushes do not allow mounts from a repository without permission to pull', async () => {
    await using registry = await start()
    const send = async (path: string, options: RequestInit = {}) =>
      registry.send(path, {
        ...options,
        headers: { authorization: await token(registry, 'repository:base:pull,push', ADA) },
      })
    const digest = await putBlob({ send }, 'base')
    const path = `/v2/app/blobs/uploads/?mount=${digest}&from=base`
    const one = { authorization: await token(registry, 'repository:app:pull,push', ADA) }
    expect((await registry.send(path, { method: 'POST', headers: one })).status).toBe(401)
    const both = 'repository:app:pull,push&scope=repository:base:pull'
    const headers = { authorization: await token(registry, both, ADA) }
    expect((await registry.send(path, { method: 'POST', headers })).status).toBe(201)
  })

  test('without a login allow pulls at most', async () => {
    await using open = await start(true)
    const headers = { authorization: await token(open, 'repository:app:pull,push') }
    expect((await open.send('/v2/app/tags/list', { headers })).status).toBe(404)
    expect((await open.send('/v2/app/blobs/uploads/', { method: 'POST', headers })).status).toBe(401)
    await using closed = await start(false)
    const nothing = { authorization: await token(closed, 'repository:app:pull') }
    expect((await closed.send('/v2/app/tags/list', { headers: nothing })).status).toBe(401)
  })

  test('are rejected if the password is wrong, or if they are forged or expired', async () => {
    await using registry = await testRegistry({ auth: { kind: 'bearer', users, tokenLifetime: 0 } })
    const wrong = await registry.send('/token', { headers: { authorization: login('ada', 'x') } })
    expect([wrong.status, await errorCodes(wrong)]).toEqual([401, ['UNAUTHORIZED']])
    const expired = await token(registry, 'repository:app:pull', ADA)
    for (const authorization of ['Bearer made-up', expired]) {
      const answer = await registry.send('/v2/app/tags/list', { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
  })
  test('are rejected if their content was changed, or another server issued them', async () => {
    await using registry = await start(true)
    await using other = await start(true)
    const pull = await token(registry, 'repository:app:pull')
    const [payload = '', signature] = pull.replace('Bearer ', '').split('.')
    const grant = Buffer.from(payload, 'base64url').toString()
    const forged = Buffer.from(grant.replace('pull app', 'push app')).toString('base64url')
    expect(forged).not.toBe(payload)
    const foreign = await token(other, 'repository:app:pull')
    for (const authorization of [`Bearer ${forged}.${signature}`, `Bearer ${payload}.`, `Bearer ${payload}`, foreign]) {
      expect((await registry.send('/v2/app/tags/list', { headers: { authorization } })).status).toBe(401)
    }
    expect((await registry.send('/v2/app/tags/list', { headers: { authorization: pull } })).status).toBe(404)
  })
})
