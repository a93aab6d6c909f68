import { once } from 'node:events'
import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { createServer as createWebServer } from 'node:http'
import { type AddressInfo, createServer as createSilentServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Certificate, makeCertificate, makeSignedCertificate } from '../../../../test/support/certificate.js'
import { freePort } from '../../../../test/support/free-port.js'
import { ownEngine } from '../../../../test/support/own-engine.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { connectBuilder } from '../../src/builder/connect.js'
import { FIRST_ANSWER_TIMEOUT } from '../../src/builder/docker/connection/connection.js'
import { formatPlatform } from '../../src/model/platform.js'
import { buildOf, buildOnce, ENGINES, engineHost } from './engines.js'

test.each([
  [ENGINES[0], 'graphdriver'],
  [ENGINES[1], 'containerd'],
] as const)(
  '%s reports its version and the platforms that it runs, including emulated ones',
  async (name, imageStore) => {
    await using running = await engineHost(name)
    await using engine = connectBuilder({ host: running.host, env: process.env })
    const info = await engine.describe()
    expect(info).toMatchObject({
      address: running.host,
      version: expect.stringMatching(/^\d+\.\d+/),
      apiVersion: expect.stringMatching(/^1\.\d+$/),
      native: { os: 'linux', architecture: 'amd64' },
      imageStore,
    })
    expect(info.runnable?.map(formatPlatform)).toEqual(
      expect.arrayContaining(['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5']),
    )
  },
)

test('an aborted signal prevents any connection', async () => {
  await using engine = connectBuilder({ host: 'unix:///nonexistent.sock', env: process.env })
  const signal = AbortSignal.abort()
  await expect(engine.build(buildOf('FROM scratch'), { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('a socket or port without an engine is reported with a hint', async () => {
  await using folder = await tempFolder('no-engine')
  for (const host of [`unix://${folder.path}/docker.sock`, `tcp://127.0.0.1:${await freePort()}`]) {
    await using engine = connectBuilder({ host, env: process.env })
    await expect(engine.describe()).rejects.toMatchObject({
      name: 'EngineError',
      code: 'ENGINE_UNREACHABLE',
      hint: expect.stringContaining('DOCKER_HOST'),
    })
  }
})

test('an engine that accepts connections and never answers is abandoned', async () => {
  const silent = createSilentServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
    silent.close()
  })
  await using engine = connectBuilder({
    host: `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    env: process.env,
  })
  const connected = once(silent, 'connection')
  const asking = engine.describe()
  asking.catch(() => {})
  const [connection] = (await connected) as [Socket]
  await vi.advanceTimersByTimeAsync(FIRST_ANSWER_TIMEOUT)
  await expect(asking).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: expect.stringContaining('no answer within 45 seconds'),
  })
  connection.destroy()
})

test('a server that is not an engine is reported', async () => {
  const server = createWebServer((_, response) => response.end('<html>hello</html>'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await using engine = connectBuilder({
      host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
      env: process.env,
    })
    await expect(engine.describe()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', hint: expect.any(String) })
  } finally {
    server.close()
  }
})

test('connects through the ssh of the system, also for sessions', async () => {
  await using folder = await tempFolder('ssh')
  // Replaces a remote host: runs the command on this machine.
  await writeFile(join(folder.path, 'ssh'), '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec "$@"\n')
  await chmod(join(folder.path, 'ssh'), 0o755)
  // An engine with the classic store: a builder that pushes would push to a name that does not exist.
  const host = process.env['POLYARCH_INSTALLED_ENGINE']
  const env = { ...process.env, DOCKER_HOST: host, PATH: `${folder.path}:${process.env['PATH']}` }
  await using engine = connectBuilder({ host: 'ssh://pi.example.com', env })
  expect(await engine.describe()).toMatchObject({ address: 'ssh://pi.example.com', native: { architecture: 'amd64' } })
  await buildOnce(engine, buildOf('FROM scratch\nCOPY note /\n', { files: { note: 'over ssh\n' } }))
})

test('the message of ssh is reported', async () => {
  await using folder = await tempFolder('ssh')
  await writeFile(join(folder.path, 'ssh'), '#!/bin/sh\necho "Host key verification failed." >&2\nexit 255\n')
  await chmod(join(folder.path, 'ssh'), 0o755)
  await using engine = connectBuilder({ host: 'ssh://pi.example.com', env: { PATH: `${folder.path}:/bin` } })
  await expect(engine.describe()).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: expect.stringContaining('Host key verification failed.'),
  })
})

test('uses TLS with the given certificates, also for sessions, and reports issues of others', async () => {
  await using folder = await tempFolder('tls')
  const at = (name: string) => join(folder.path, name)
  const authorities = await Promise.all(
    ['ours', 'theirs'].map(async (name) => makeCertificate(String(await mkdir(at(name), { recursive: true })))),
  )
  const [ours, theirs] = authorities as [Certificate, Certificate]
  const own = await makeSignedCertificate(ours, at('own'))
  const foreign = await makeSignedCertificate(theirs, at('foreign'))
  const port = await freePort()
  const files = [
    ['--tlscacert', 'ca.pem'] as const,
    ['--tlscert', 'cert.pem'] as const,
    ['--tlskey', 'key.pem'] as const,
  ]
  const tls = ['--tlsverify', ...files.flatMap(([option, file]) => [option, join(own, file)])]
  await using _ = await ownEngine(['--host', `tcp://127.0.0.1:${port}`, ...tls])
  const host = `tcp://127.0.0.1:${port}`

  const env = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: own }
  for (const options of [{ host, certificates: own, env: { ...env, DOCKER_CERT_PATH: foreign } }, { env }]) {
    await using engine = connectBuilder(options)
    await buildOnce(engine, buildOf('FROM scratch\nCOPY note /\n', { files: { note: 'over TLS\n' } }))
    expect((await engine.describe()).runnable).toBeDefined()
  }

  await cp(own, at('no-client'), { recursive: true, filter: (path) => !/(?:cert|key)\.pem$/.test(path) })
  await cp(own, at('half'), { recursive: true, filter: (path) => !path.endsWith('key.pem') })
  await cp(foreign, at('wrong-client'), { recursive: true })
  await copyFile(join(own, 'ca.pem'), join(at('wrong-client'), 'ca.pem'))
  await cp(own, at('wrong-key'), { recursive: true })
  await copyFile(join(foreign, 'key.pem'), join(at('wrong-key'), 'key.pem'))
  for (const [certificates, message, hint] of [
    [foreign, 'its certificate is signed by an unknown authority', 'the ca.pem of'],
    [at('no-client'), 'requires a client certificate', 'cert.pem and a key.pem'],
    [at('wrong-client'), 'requires a client certificate', 'cert.pem and a key.pem'],
    [at('wrong-key'), 'cannot be used', 'the key matches the certificate'],
    [at('half'), 'has cert.pem but no key.pem', 'both the certificate and its key, or neither'],
    [at('nowhere'), 'has none of ca.pem', 'use the folder'],
    [undefined, 'is not an engine, or requires TLS', 'certificates'],
  ] as const) {
    await using engine = connectBuilder({ host, certificates, env: {} })
    await expect(engine.describe()).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
  }
})

test('an engine without TLS is reported if certificates are given for it', async () => {
  await using folder = await tempFolder('tls')
  const certificates = await makeSignedCertificate(await makeCertificate(folder.path), join(folder.path, 'own'))
  const server = createWebServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    await using engine = connectBuilder({ host: `tcp://127.0.0.1:${port}`, certificates, env: process.env })
    await expect(engine.describe()).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining('does not use TLS'),
    })
  } finally {
    server.close()
  }
})
