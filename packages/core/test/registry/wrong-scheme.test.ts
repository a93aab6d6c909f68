import { expect, test } from 'vitest'
import { createRegistry } from '../../src/registry/client.js'
import { startScriptedServer } from './scripted-server.js'

const NOT_TLS = { status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' }

test('a host with TLS that is spoken to by plain HTTP is reported with the setting for it', async () => {
  await using server = await startScriptedServer(() => NOT_TLS)
  await using client = createRegistry()
  await expect(client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })).rejects.toMatchObject({
    code: 'REGISTRY_REJECTED',
    hint: expect.stringContaining(`hosts: { '${server.host}': { plainHttp: false } }`),
  })
})

test('a host without TLS that is spoken to by it is reported with the setting for it, and without the words of OpenSSL', async () => {
  await using server = await startScriptedServer(() => NOT_TLS)
  await using client = createRegistry({ hosts: { [server.host]: { plainHttp: false } } })
  await expect(client.getManifest({ registry: server.host, repository: 'a', tag: 'b' })).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: expect.stringMatching(/failed: [\w ]+ \([\w ]+\)$/),
    hint: expect.stringContaining(`insecureHosts: ['${server.host}']`),
  })
})
