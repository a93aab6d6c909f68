import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { startScriptedServer } from './scripted-server.js'
import { clientFor, head, password } from './token-registry.js'

describe('a token that is rejected', () => {
  test('a login that the token service rejects holds no connection of the registry', async () => {
    await using tokens = await startScriptedServer(() => ({ status: 401 }))
    const challenge = `Bearer realm="http://${tokens.host}/token"`
    await using server = await startScriptedServer(() => ({
      status: 401,
      headers: { 'www-authenticate': challenge },
      body: '{"errors":[]}',
    }))
    server.server.keepAliveTimeout = 0
    await using client = clientFor(server.host, password)
    const refused = client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })
    await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
    const connections = () => promisify(server.server.getConnections.bind(server.server))()
    await expect.poll(connections).toBe(0)
  })

  test('tokens that were all revoked are replaced at the first rejection, whatever their scope', async () => {
    let revoked = 0
    let issued = 0
    await using tokens = await startScriptedServer(() => {
      issued += 1
      return { status: 200, body: JSON.stringify({ token: `token-${issued}`, expires_in: 300 }) }
    })
    await using server = await startScriptedServer(({ headers, method }) => {
      const number = Number(/^Bearer token-(\d+)$/.exec(headers.authorization ?? '')?.[1] ?? 0)
      const challenge = `Bearer realm="http://${tokens.host}/token"`
      if (number <= revoked) return { status: 401, headers: { 'www-authenticate': challenge } }
      return method === 'DELETE' ? { status: 202 } : head
    })
    await using client = clientFor(server.host, password)
    const reference = { registry: server.host, repository: 'a', tag: 'b' }
    await client.resolve(reference)
    await client.deleteManifest(reference)
    revoked = issued
    expect(issued).toBe(2)
    await client.resolve(reference)
    expect(issued).toBe(3)
    // A registry that refuses each token is not asked for ever.
    revoked = Number.POSITIVE_INFINITY
    await expect(client.resolve(reference)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' })
    expect(issued).toBe(4)
  })
})
