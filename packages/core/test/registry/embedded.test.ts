import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { parseReference } from '../../src/model/reference.js'
import { staticCredentials } from '../../src/registry/auth/credentials.js'
import { createRegistry } from '../../src/registry/client.js'
import { startRegistry } from '../../src/registry-server/index.js'
import { type ContractSubject, pushImage, registryClientContract } from './contract.js'
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

// The client treats the same port with another host name as another registry.
copyContract('the embedded registry', async () => {
  const subject = await start()
  return { ...subject, aside: subject.host.replace('127.0.0.1', 'localhost') }
})

test('pushes to and resolves from a registry at an IPv6 address', async () => {
  await using folder = await tempFolder('embedded')
  await using server = await startRegistry({ directory: folder.path, host: '::1' })
  await using registry = createRegistry()
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const reference = parseReference(`${server.host}/team/app:1.0`)
  if (reference === undefined) throw new Error(`${server.host} is in no reference`)
  await pushImage(registry, reference, image, '1.0')
  expect(await registry.resolve(reference)).toEqual(image.manifest.descriptor)
})
