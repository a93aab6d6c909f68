import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connectBuilder, isRemote } from '../../../src/builder/connect.js'
import { resolveRemote } from '../../../src/builder/remote/remote-address.js'
import { reference } from '../engines.js'

const env = {}

it.each([
  [{ host: 'unix:///run/docker.sock' }, false],
  [{ host: 'tcp://builder:1234' }, false],
  [{ host: 'a-docker-context' }, false],
  [{}, false],
  [{ host: 'buildkit+unix:///run/buildkit/buildkitd.sock' }, true],
  [{ host: 'docker-container://buildkitd' }, true],
  [{ command: ['buildctl', 'dial-stdio'] as const }, true],
  [{ env: { BUILDKIT_HOST: 'tcp://builder:1234' } }, true],
  [{ host: 'default', env: { BUILDKIT_HOST: 'tcp://builder:1234' } }, false],
])('%j names a BuildKit without an engine: %s', (options, expected) => {
  expect(isRemote({ env, ...options })).toBe(expected)
})

it.each([
  ['buildkit+unix:///run/buildkit/buildkitd.sock', false],
  ['buildkit+tcp://127.0.0.1:1234', false],
  ['buildkit+tcp://[::1]:1234', false],
  ['buildkit+tcp://builder.example.com', true],
  ['buildkit+ssh://me@pi', true],
  ['docker-container://buildkitd?context=pi', false],
])('%s is on another machine: %s', async (host, isElsewhere) => {
  expect(await resolveRemote({ host, env })).toMatchObject({ address: host, isElsewhere })
})

it.each([
  ['buildkit+http://builder', "BuildKit address 'buildkit+http://builder' is not valid"],
  ['docker-container://a/b', "BuildKit address 'docker-container://a/b' is not valid"],
  ['buildkit+tcp://me:secret@builder:1234', 'contains a password'],
  ['buildkit+ssh://-oProxyCommand=x', 'starts with a dash'],
])('rejects %s', async (host, message) => {
  await expect(resolveRemote({ host, env })).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: expect.stringContaining(message),
  })
})

it('rejects missing certificates', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'polyarch-remote-'))
  const host = 'buildkit+tcp://builder:1234'
  for (const certificates of [folder, { ca: join(folder, 'ca.pem') }]) {
    await expect(resolveRemote({ host, certificates, env })).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' })
  }
})

it('rejects a loopback registry for a builder on another machine, without contacting it', async () => {
  await using builder = connectBuilder({ host: 'buildkit+tcp://builder.example.com:1234', env })
  await expect(builder.requireRegistry(reference('localhost:5000/app'))).rejects.toMatchObject({
    code: 'ENGINE_CANNOT_REACH_REGISTRY',
    hint: expect.stringContaining('--registry'),
  })
})
