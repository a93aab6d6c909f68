import type { ExecuteOptions } from '@polyarch/core'
import { copy, inspect } from '@polyarch/core/images'
import { type RegistryOptions, staticCredentials } from '@polyarch/core/registry'
import { startRegistry } from '@polyarch/core/registry-server'
import { expect, test } from 'vitest'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { openBuilders } from '../../src/builder/builders.js'

const amd64 = { os: 'linux', architecture: 'amd64' }

test('docs/registry.md: a registry in a test, with logins and issues', async () => {
  await using folder = await tempFolder()
  const directory = folder.path
  await using registry = await startRegistry({
    directory,
    auth: { kind: 'bearer', users: { ada: 'secret' }, anonymousPull: true },
    faults: [{ method: 'PUT', path: /\/manifests\//, nth: 1, fault: { kind: 'answer', status: 429 } }],
  })
  await using store = await tempFolder()
  await using source = await startRegistry({ directory: store.path })
  await pushTinyImage({ url: source.url, repository: 'app' }, await tinyImage({ platform: amd64 }), '1.0')

  const events: string[] = []
  const registryClient: RegistryOptions = {
    credentials: staticCredentials({ [registry.host]: { kind: 'password', username: 'ada', password: 'secret' } }),
    retry: { attempts: 3, delay: 100 },
    onEvent: (event) => events.push(event.kind),
  }
  await copy(`${source.host}/app:1.0`, `${registry.host}/app:1.0`, { registryClient })
  expect(events).toContain('registry-retry')
})

test('docs/registry.md: a mirror', async () => {
  await using folder = await tempFolder()
  await using mirror = await startRegistry({ directory: folder.path })
  const image = await tinyImage({ platform: amd64 })
  await pushTinyImage({ url: mirror.url, repository: 'hub/library/alpine' }, image, '3.22')

  const registryClient: RegistryOptions = {
    hosts: { 'docker.io': { mirrors: [`${mirror.host}/hub`] } },
  }
  const { digest } = await inspect('alpine:3.22', { registryClient })
  expect(digest).toBe(image.manifest.descriptor.digest)
})

test('docs/builders.md: several builders', async () => {
  const builders: ExecuteOptions['builders'] = [
    'unix:///var/run/docker.sock',
    'ssh://me@pi',
    { host: 'tcp://big.example.com:2376', certificates: '/etc/docker/big' },
    {
      host: 'buildkit+tcp://10.0.0.7:1234',
      certificates: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem', serverName: 'builder' },
    },
    { command: ['nsenter', '--target', '4711', '--all', 'buildctl', 'dial-stdio'] },
  ]
  await using opened = openBuilders({ builders }, { env: {} })
  expect((await opened.all()).map(({ name }) => name)).toEqual([
    'unix:///var/run/docker.sock',
    'ssh://me@pi',
    'tcp://big.example.com:2376',
    'buildkit+tcp://10.0.0.7:1234',
    'nsenter --target 4711 --all buildctl dial-stdio',
  ])
})
