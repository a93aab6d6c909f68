import { createRegistry } from '../../src/registry/client.js'
import { staticCredentials } from '../../src/registry/credentials.js'
import type { RegistryServerOptions } from '../../src/registry-server/index.js'
import { type ContractSubject, registryClientContract } from '../registry/contract.js'
import { copyContract } from '../registry/copy-contract.js'
import { testRegistry } from './test-registry.js'

const LOGIN = { username: 'ada', password: 'a:pass word' }
const USERS = { [LOGIN.username]: LOGIN.password }

async function start(options: Omit<RegistryServerOptions, 'directory'>): Promise<ContractSubject> {
  const { server, ...rest } = await testRegistry(options)
  const credentials = options.auth && staticCredentials({ [server.host]: { kind: 'password', ...LOGIN } })
  const registry = createRegistry(credentials ? { credentials } : {})
  return {
    host: server.host,
    registry,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await rest[Symbol.asyncDispose]()
    },
  }
}

registryClientContract('the embedded registry', () => start({}))
registryClientContract('the embedded registry with Basic logins', () =>
  start({ auth: { kind: 'basic', users: USERS } }),
)
registryClientContract('the embedded registry with tokens', () => start({ auth: { kind: 'bearer', users: USERS } }))

// The same port under its other name is another host to the client.
copyContract('the embedded registry', async () => {
  const subject = await start({})
  return { ...subject, aside: subject.host.replace('127.0.0.1', 'localhost') }
})
