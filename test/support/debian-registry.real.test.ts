import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { describe, expect, test } from 'vitest'
import { startDebianRegistry } from './debian-registry.js'
import { pushManifest, pushTinyImage } from './push-tiny.js'
import { tinyImage, tinyIndex } from './tiny-image.js'

const amd64 = { os: 'linux', architecture: 'amd64' }
const armv7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

describe('startDebianRegistry', () => {
  test('serves an index that was pushed to it', async () => {
    await using registry = await startDebianRegistry()
    const target = { url: registry.url, repository: 'team/tiny' }
    const images = [await tinyImage({ platform: armv7 }), await tinyImage({ platform: amd64 })]
    for (const image of images) await pushTinyImage(target, image)
    const index = tinyIndex(images)
    await pushManifest(target, index, '1.0')
    const accept = index.descriptor.mediaType
    const answer = await fetch(`${registry.url}/v2/team/tiny/manifests/1.0`, { headers: { accept } })
    expect(answer.headers.get('docker-content-digest')).toBe(index.descriptor.digest)
    expect(await registry.requests()).toContain('PUT /v2/team/tiny/manifests/1.0')
  })

  test('wants its login for everything with htpasswd', async () => {
    await using registry = await startDebianRegistry({ auth: 'htpasswd' })
    const target = { url: registry.url, repository: 'team/tiny' }
    const image = await tinyImage({ platform: amd64, dialect: 'docker' })
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(401)
    await expect(pushTinyImage(target, image, '1.0')).rejects.toThrow('401')
    await pushTinyImage({ ...target, login: registry.login }, image, '1.0')
  })

  test('uses TLS to those who trust its certificate', async () => {
    await using registry = await startDebianRegistry({ tls: true })
    await expect(fetch(`${registry.url}/v2/`)).rejects.toThrow()
    const [response] = (await once(get(`${registry.url}/v2/`, { ca: registry.ca }), 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(200)
  })

  test('sends clients to its token service', async () => {
    await using registry = await startDebianRegistry({ auth: 'token' })
    const challenge = (await fetch(`${registry.url}/v2/`)).headers.get('www-authenticate') ?? ''
    const [, realm = ''] = /realm="([^"]+)"/.exec(challenge) ?? []
    const { username, password } = registry.login ?? { username: '', password: '' }
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const scope = 'repository:team/tiny:pull,push'
    const granted = await fetch(`${realm}?scope=${scope}`, { headers: { authorization } })
    const { token } = (await granted.json()) as { token: string }
    const uploads = `${registry.url}/v2/team/tiny/blobs/uploads/`
    const started = await fetch(uploads, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
    expect(started.status).toBe(202)
    const anonymous = (await (await fetch(`${realm}?scope=${scope}`)).json()) as { token: string }
    const refused = await fetch(uploads, { method: 'POST', headers: { authorization: `Bearer ${anonymous.token}` } })
    expect(refused.status).toBe(401)
    expect(registry.tokenRequests).toEqual([
      { user: username, scopes: [scope] },
      { user: undefined, scopes: [scope] },
    ])
  })
})
