import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../../../../test/support/temp-folder.js'
import { parseEndpoint, resolveEndpoint } from '../../../src/builder/docker/connection/endpoint.js'
import { sshArguments } from '../../../src/builder/docker/connection/ssh-connection.js'

const UNREACHABLE = expect.objectContaining({ code: 'ENGINE_UNREACHABLE' })

/** Writes a docker configuration folder: files by path. */
async function configure(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

function contextFiles(name: string, docker: unknown): Readonly<Record<string, string>> {
  const id = createHash('sha256').update(name).digest('hex')
  return { [`contexts/meta/${id}/meta.json`]: JSON.stringify({ Name: name, Endpoints: { docker } }) }
}

test.each([
  ['unix:///run/d.sock', { kind: 'socket', path: '/run/d.sock' }],
  ['npipe:////./pipe/docker_engine', { kind: 'socket', path: '//./pipe/docker_engine' }],
  ['tcp://engine.example.com', { kind: 'tcp', host: 'engine.example.com', port: 2375, tls: undefined }],
  ['tcp://engine.example.com:80', { kind: 'tcp', port: 80 }],
  ['https://engine.example.com', { kind: 'tcp', port: 443, tls: { verify: true } }],
  ['http://engine.example.com', { kind: 'tcp', port: 80, tls: undefined }],
  ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375 }],
  ['ssh://me@engine.example.com:2222', { kind: 'ssh', destination: 'me@engine.example.com', port: 2222 }],
  ['ssh://pi', { kind: 'ssh', destination: 'pi', port: undefined, socket: undefined }],
  ['ssh://pi/run/user/1000/docker.sock', { kind: 'ssh', socket: '/run/user/1000/docker.sock' }],
])('reads %s', (address, endpoint) => {
  expect(parseEndpoint(address, undefined)).toMatchObject({ address, ...endpoint })
})

test.each([
  'engine',
  'ssh://me:secret@pi',
  'unix://',
  'fd://3',
  'tcp://',
  'ssh://-oProxyCommand=x',
  'ssh://-l@host',
  'ssh://%zz@h',
  'ssh://host/a;b',
])('rejects %s', (address) => {
  expect(() => parseEndpoint(address, undefined)).toThrow(UNREACHABLE)
})

test('takes the TLS port if TLS is requested', () => {
  expect(parseEndpoint('tcp://engine.example.com', { verify: true })).toMatchObject({ port: 2376 })
})

test('prefers the host, then DOCKER_HOST, then the context, then the usual socket', async () => {
  await using folder = await tempFolder('docker-config')
  await configure(folder.path, {
    'config.json': '{"currentContext":"pi"}',
    ...contextFiles('pi', { Host: 'ssh://pi' }),
    ...contextFiles('lab', { Host: 'tcp://lab.example.com:2375' }),
  })
  const env = { DOCKER_CONFIG: folder.path, DOCKER_CONTEXT: 'lab', DOCKER_HOST: 'tcp://env.example.com' }
  const addressOf = async (options: Parameters<typeof resolveEndpoint>[0]) => (await resolveEndpoint(options)).address
  expect(await addressOf({ host: 'unix:///x', env })).toBe('unix:///x')
  expect(await addressOf({ env })).toBe('tcp://env.example.com')
  expect(await addressOf({ env: { ...env, DOCKER_HOST: '' } })).toBe('tcp://lab.example.com:2375')
  expect(await addressOf({ env: { DOCKER_CONFIG: folder.path } })).toBe('ssh://pi')
  const usual = { DOCKER_CONFIG: folder.path, DOCKER_CONTEXT: 'default' }
  expect(await addressOf({ env: usual, platform: 'linux' })).toBe('unix:///var/run/docker.sock')
  expect(await addressOf({ env: usual, platform: 'win32' })).toBe('npipe:////./pipe/docker_engine')
})

test('finds a docker context by its name, and takes certificates from a folder of the engine’s own', async () => {
  await using folder = await tempFolder('docker-config')
  await configure(folder.path, {
    ...contextFiles('pi', { Host: 'ssh://me@pi' }),
    'own/ca.pem': 'own ca',
    'env/ca.pem': 'env ca',
  })
  const env = { DOCKER_CONFIG: folder.path, DOCKER_HOST: 'tcp://env.example.com', DOCKER_CONTEXT: 'gone' }
  expect(await resolveEndpoint({ host: 'pi', env })).toMatchObject({ address: 'ssh://me@pi' })
  expect(await resolveEndpoint({ host: 'default', env, platform: 'linux' })).toMatchObject({ kind: 'socket' })
  await expect(resolveEndpoint({ host: 'elsewhere', env })).rejects.toEqual(UNREACHABLE)
  const tlsEnv = { ...env, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(folder.path, 'env') }
  const certificates = join(folder.path, 'own')
  expect(await resolveEndpoint({ host: 'tcp://big', certificates, env: tlsEnv })).toMatchObject({
    port: 2376,
    tls: { ca: Buffer.from('own ca'), verify: true },
  })
})

test('finds the configuration in the home folder', async () => {
  await using home = await tempFolder('home')
  await configure(home.path, {
    '.docker/config.json': '{"currentContext":"pi"}',
    ...Object.fromEntries(
      Object.entries(contextFiles('pi', { Host: 'ssh://pi' })).map(([path, text]) => [`.docker/${path}`, text]),
    ),
  })
  expect(await resolveEndpoint({ env: { HOME: home.path } })).toMatchObject({ destination: 'pi' })
})

test('reads the certificates of a context and of DOCKER_CERT_PATH', async () => {
  await using folder = await tempFolder('docker-config')
  const id = createHash('sha256').update('lab').digest('hex')
  await configure(folder.path, {
    ...contextFiles('lab', { Host: 'tcp://lab.example.com:2376', SkipTLSVerify: true }),
    [`contexts/tls/${id}/docker/ca.pem`]: 'context ca',
    'certs/ca.pem': 'env ca',
    'certs/cert.pem': 'env cert',
    'certs/key.pem': 'env key',
  })
  const env = { DOCKER_CONFIG: folder.path, DOCKER_CONTEXT: 'lab' }
  expect(await resolveEndpoint({ env })).toMatchObject({ tls: { ca: Buffer.from('context ca'), verify: false } })
  const tlsEnv = {
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: join(folder.path, 'certs'),
    DOCKER_HOST: 'tcp://e.example.com',
  }
  expect(await resolveEndpoint({ env: tlsEnv })).toMatchObject({
    port: 2376,
    tls: { ca: Buffer.from('env ca'), key: Buffer.from('env key'), verify: true },
  })
})

test.each([
  ['a context that does not exist', {}, { DOCKER_CONTEXT: 'gone' }],
  ['a configuration that is not JSON', { 'config.json': '{' }, {}],
])('rejects %s', async (_, files, env) => {
  await using folder = await tempFolder('docker-config')
  await configure(folder.path, files)
  await expect(resolveEndpoint({ env: { DOCKER_CONFIG: folder.path, ...env } })).rejects.toEqual(UNREACHABLE)
})

const ENDPOINTS: readonly unknown[] = [
  ...[null, 1, 'x', [], { Host: 5 }, { Host: { toString: 1 } }, { host: 'tcp://lower.example.com' }],
]

test.each(ENDPOINTS.map((docker) => [docker]))('rejects a context with the endpoint %j', async (docker) => {
  await using folder = await tempFolder('docker-config')
  await configure(folder.path, contextFiles('x', docker))
  const env = { DOCKER_CONFIG: folder.path, DOCKER_CONTEXT: 'x' }
  await expect(resolveEndpoint({ env })).rejects.toEqual(UNREACHABLE)
})

test('requests from ssh the engine on the other host, and lets no address become an option', () => {
  const endpoint = parseEndpoint('ssh://me@pi.example.com:2222/run/d.sock', undefined)
  if (endpoint.kind !== 'ssh') throw new Error('not read as ssh')
  const words = sshArguments(endpoint)
  expect(words.slice(words.indexOf('--'))).toEqual(
    '-- me@pi.example.com docker --host unix:///run/d.sock system dial-stdio'.split(' '),
  )
  expect(words).toContain('2222')
})
