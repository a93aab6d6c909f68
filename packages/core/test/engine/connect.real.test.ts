import { once } from 'node:events'
import { chmod, copyFile, writeFile } from 'node:fs/promises'
import { createServer as createWebServer } from 'node:http'
import { type AddressInfo, connect, createServer as createSilentServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createServer } from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { freePort } from '../../../../test/support/free-port.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { connectEngine } from '../../src/engine/connect.js'
import { FIRST_ANSWER_TIMEOUT } from '../../src/engine/connection.js'
import { formatPlatform } from '../../src/model/platform.js'
import { buildOf, ENGINES, engineHost } from './engines.js'

test.each([
  [ENGINES[0], 'graphdriver'],
  [ENGINES[1], 'containerd'],
] as const)('%s says what it is and what it can run, emulated included', async (name, imageStore) => {
  await using running = await engineHost(name)
  await using engine = connectEngine({ host: running.host })
  const info = await engine.info()
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
})

test('a signal that has fired already contacts nobody', async () => {
  await using engine = connectEngine({ host: 'unix:///nonexistent.sock' })
  const signal = AbortSignal.abort()
  await expect(engine.build(buildOf('FROM scratch'), { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('no engine at a socket or a port is told with what to do', async () => {
  await using folder = await tempFolder('no-engine')
  for (const host of [`unix://${folder.path}/docker.sock`, `tcp://127.0.0.1:${await freePort()}`]) {
    await using engine = connectEngine({ host })
    await expect(engine.info()).rejects.toMatchObject({
      name: 'EngineError',
      code: 'ENGINE_UNREACHABLE',
      hint: expect.stringContaining('DOCKER_HOST'),
    })
  }
})

test('an engine that takes connections and never answers is given up', async () => {
  const silent = createSilentServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
    silent.close()
  })
  await using engine = connectEngine({ host: `tcp://127.0.0.1:${(silent.address() as AddressInfo).port}` })
  const connected = once(silent, 'connection')
  const asking = engine.info()
  asking.catch(() => {})
  const [connection] = (await connected) as [Socket]
  await vi.advanceTimersByTimeAsync(FIRST_ANSWER_TIMEOUT)
  await expect(asking).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: expect.stringContaining('no answer within 45 seconds'),
  })
  connection.destroy()
})

test('what is no engine is told as such', async () => {
  const server = createWebServer((_, response) => response.end('<html>hello</html>'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await using engine = connectEngine({ host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` })
    await expect(engine.info()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE', hint: expect.any(String) })
  } finally {
    server.close()
  }
})

test('speaks through the ssh of the system, sessions included', async () => {
  await using folder = await tempFolder('ssh')
  // Stands in for a remote host: runs what it is told to, here.
  await writeFile(join(folder.path, 'ssh'), '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec "$@"\n')
  await chmod(join(folder.path, 'ssh'), 0o755)
  const env = { ...process.env, PATH: `${folder.path}:${process.env['PATH']}` }
  await using engine = connectEngine({ host: 'ssh://pi.example.com', env })
  expect(await engine.info()).toMatchObject({ address: 'ssh://pi.example.com', native: { architecture: 'amd64' } })
  const request = buildOf('FROM scratch\nCOPY note /\n', { files: { note: 'over ssh\n' } })
  await engine.build(request)
  await engine.untag(request.name)
})

test('what ssh complains of is told', async () => {
  await using folder = await tempFolder('ssh')
  await writeFile(join(folder.path, 'ssh'), '#!/bin/sh\necho "Host key verification failed." >&2\nexit 255\n')
  await chmod(join(folder.path, 'ssh'), 0o755)
  await using engine = connectEngine({ host: 'ssh://pi.example.com', env: { PATH: `${folder.path}:/bin` } })
  await expect(engine.info()).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: expect.stringContaining('Host key verification failed.'),
  })
})

test('speaks TLS with the certificates of DOCKER_CERT_PATH, sessions included, and trusts no others', async () => {
  await using folder = await tempFolder('tls')
  const { certificateFile, certificate, key } = await makeCertificate(folder.path)
  await copyFile(certificateFile, join(folder.path, 'ca.pem'))
  const server = createServer({ cert: certificate, key }, (encrypted) => {
    const plain = connect(socketOf(process.env['DOCKER_HOST']))
    pipeline(encrypted, plain, encrypted, () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const env = { DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, DOCKER_TLS_VERIFY: '1' }
  try {
    await using engine = connectEngine({ env: { ...env, DOCKER_CERT_PATH: folder.path } })
    const request = buildOf('FROM scratch\nCOPY note /\n', { files: { note: 'over TLS\n' } })
    await engine.build(request)
    await engine.untag(request.name)
    expect((await engine.info()).runnable).toBeDefined()
    await using stranger = connectEngine({ env: { ...env, DOCKER_CERT_PATH: join(folder.path, 'empty') } })
    await expect(stranger.info()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' })
  } finally {
    server.close()
  }
})

function socketOf(address = ''): string {
  return address.replace(/^unix:\/\//, '')
}
