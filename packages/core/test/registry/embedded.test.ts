import { join } from 'node:path'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { createRegistry } from '../../src/registry/client.js'
import { staticCredentials } from '../../src/registry/credentials.js'
import { startRegistry } from '../../src/registry-server/index.js'
import { type ContractSubject, registryClientContract } from './contract.js'
import { copyContract } from './copy-contract.js'

async function start(kind?: 'basic' | 'bearer', tls = false): Promise<ContractSubject> {
  await using cleanup = new Cleanup()
  const folder = cleanup.use(await tempFolder('embedded'))
  const certificate = tls ? await makeCertificate(folder.path) : undefined
  const server = cleanup.use(
    await startRegistry({
      directory: join(folder.path, 'store'),
      ...(kind && { auth: { kind, users: { builder: 'p?>:~~>secret??' } } }),
      ...(certificate && { tls: { key: certificate.key, cert: certificate.certificate } }),
    }),
  )
  const login = { kind: 'password' as const, username: 'builder', password: 'p?>:~~>secret??' }
  const registry = cleanup.use(
    createRegistry({
      ...(kind && { credentials: staticCredentials({ [server.host]: login }) }),
      ...(certificate && { hosts: { [server.host]: { ca: certificate.certificate } } }),
    }),
  )
  const ending = cleanup.move()
  return { host: server.host, registry, [Symbol.asyncDispose]: () => ending[Symbol.asyncDispose]() }
}

registryClientContract('the embedded registry', () => start())
registryClientContract('the embedded registry with passwords', () => start('basic'))
registryClientContract('the embedded registry over TLS with tokens', () => start('bearer', true))

// The same port under its other name is another host to the client.
copyContract('the embedded registry', async () => {
  const subject = await start()
  return { ...subject, aside: subject.host.replace('127.0.0.1', 'localhost') }
})
