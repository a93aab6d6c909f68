import { type DebianRegistryOptions, startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { staticCredentials } from '../../src/registry/auth/credentials.js'
import { createRegistry } from '../../src/registry/client.js'
import { type ContractSubject, registryClientContract } from './contract.js'
import { copyContract } from './copy-contract.js'

async function start(options: DebianRegistryOptions): Promise<ContractSubject> {
  const server = await startDebianRegistry(options)
  const { host, login, ca, tokenHost } = server
  const registry = createRegistry({
    ...(login && { credentials: staticCredentials({ [host]: { kind: 'password', ...login } }) }),
    ...(ca !== undefined && { hosts: { [host]: { ca } } }),
    ...(tokenHost !== undefined && { insecureHosts: [tokenHost] }),
  })
  return {
    host,
    registry,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

registryClientContract('docker-registry', () => start({}))
registryClientContract('docker-registry with htpasswd', () => start({ auth: 'htpasswd' }))
registryClientContract('docker-registry with a token service', () => start({ auth: 'token' }))
registryClientContract('docker-registry over TLS', () => start({ tls: true }))
registryClientContract('docker-registry over TLS with a token service', () => start({ tls: true, auth: 'token' }))

// The client treats the same port with another host name as another registry.
copyContract('docker-registry', async () => {
  const subject = await start({})
  return { ...subject, aside: subject.host.replace('127.0.0.1', 'localhost') }
})
