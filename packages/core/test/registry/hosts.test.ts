import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { runProgram } from '../../../../test/support/child.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { staticCredentials } from '../../src/registry/auth/credentials.js'
import { createRegistry } from '../../src/registry/client.js'
import { Hosts } from '../../src/registry/http/hosts.js'
import { startScriptedServer } from './scripted-server.js'
import { password } from './token-registry.js'

const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf('{}'), size: 2 }
const manifest = encodeManifest({ schemaVersion: 2, config, layers: [] }, MEDIA_TYPES.ociManifest)
const stored = {
  status: 200,
  headers: { 'content-type': MEDIA_TYPES.ociManifest },
  body: Buffer.from(manifest.bytes).toString(),
}
const created = { status: 201, headers: { 'docker-content-digest': manifest.descriptor.digest } }
const quick = { retry: { delay: 1 } }

describe('Hosts', () => {
  test.each([
    ['ghcr.io', 'https://ghcr.io'],
    ['docker.io', 'https://registry-1.docker.io'],
    ['registry.example.com:443', 'https://registry.example.com'],
    ['registry.example.com:80', 'https://registry.example.com:80'],
    ['insecure.example.com:80', 'http://insecure.example.com'],
    ['insecure.example.com', 'https://insecure.example.com'],
    ['localhost', 'http://localhost'],
    ['localhost:5000', 'http://localhost:5000'],
    ['127.8.9.1:5000', 'http://127.8.9.1:5000'],
    ['[::1]:5000', 'http://[::1]:5000'],
    ['[2001:db8::1]:5000', 'https://[2001:db8::1]:5000'],
    ['127.0.0.1.example.com', 'https://127.0.0.1.example.com'],
    ['localhost.example.com', 'https://localhost.example.com'],
    ['localhost:5443', 'https://localhost:5443'],
    ['localhost:6443', 'https://localhost:6443'],
  ])('%s is at %s', (host, origin) => {
    const hosts = new Hosts({
      insecureHosts: ['insecure.example.com:80'],
      hosts: { 'localhost:5443': { plainHttp: false }, 'localhost:6443': { ca: 'PEM' } },
    })
    expect(hosts.endpoint(host).origin).toBe(origin)
  })

  test.each([
    'registry.example.com:80',
    'registry.example.com:5000',
    'Registry.Example.com:5000',
    '[2001:DB8::1]:80',
    'docker.io',
  ])('%s may be used in the clear if it was named so, and no other host', (host) => {
    const hosts = new Hosts({ insecureHosts: [host] })
    const url = new URL('/v2/', hosts.endpoint(host).origin)
    expect(url.protocol).toBe('http:')
    expect(hosts.mayUse(url)).toBe(true)
    expect(new Hosts({}).mayUse(url)).toBe(false)
    expect(hosts.mayUse(new URL('http://other.example.com/'))).toBe(false)
    url.port = '81'
    expect(hosts.mayUse(url)).toBe(false)
  })

  test.each(['', 'https://registry.example.com', 'registry.example.com/path', 'user@registry.example.com', 'a b'])(
    "'%s' is no host",
    (host) => {
      expect(() => new Hosts({ insecureHosts: [host] })).toThrow(
        expect.objectContaining({ code: 'DEFINITION_INVALID' }),
      )
    },
  )

  test('a mirror with a scheme is distinguished from a host', () => {
    const hosts = { 'docker.io': { mirrors: ['https://mirror.example.com'] } }
    expect(() => new Hosts({ hosts })).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }))
  })
})

describe('a host over TLS cannot lead to plain HTTP on loopback', () => {
  const token = (host: string) => ({ 'www-authenticate': `Bearer realm="http://${host}/token"` })
  test.each([
    ['a redirect', (host: string) => ({ status: 307, headers: { location: `http://${host}/x` } }), 'REGISTRY_REJECTED'],
    ['a token service', (host: string) => ({ status: 401, headers: token(host) }), 'REGISTRY_UNAUTHORIZED'],
    ['an upload', (host: string) => ({ status: 202, headers: { location: `http://${host}/x` } }), 'REGISTRY_REJECTED'],
  ])('by %s', async (kind, answer, code) => {
    await using folder = await tempFolder('tls')
    const { certificate, key } = await makeCertificate(folder.path)
    await using victim = await startScriptedServer(() => ({ status: 200, body: '{"token":"x"}' }))
    const lead = ({ method }: { readonly method: string }) =>
      kind === 'an upload' && method === 'HEAD' ? { status: 404 } : answer(victim.host)
    await using server = await startScriptedServer(lead, { cert: certificate, key })
    await using client = createRegistry({ ...quick, hosts: { [server.host]: { ca: certificate } } })
    const at = { registry: server.host, repository: 'a' }
    const done =
      kind === 'an upload'
        ? client.writeBlob(at, {
            descriptor: { digest: digestOf('x'), size: 1 },
            open: () => Readable.from([Buffer.from('x')]),
          })
        : client.getManifest({ ...at, tag: 'b' })
    await expect(done).rejects.toMatchObject({ code })
    expect(victim.seen).toHaveLength(0)
  })

  test('unless it is named', () => {
    const [from, to] = [new URL('https://a.example/'), new URL('http://127.0.0.1:5000/')]
    expect(new Hosts({}).mayUse(to, from)).toBe(false)
    expect(new Hosts({ insecureHosts: ['127.0.0.1:5000'] }).mayUse(to, from)).toBe(true)
    expect(new Hosts({}).mayUse(to, new URL('http://localhost:5001/'))).toBe(true)
  })
})

describe('mirrors', () => {
  test('are queried first, with their own login, under their path; the origin is not', async () => {
    await using mirror = await startScriptedServer(({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
        : stored,
    )
    await using origin = await startScriptedServer(() => stored)
    const hosts = { [origin.host]: { mirrors: [`${mirror.host}/hub`] } }
    const login = (username: string) => ({ kind: 'password' as const, username, password: 'x' })
    const credentials = staticCredentials({ [mirror.host]: login('mirror'), [origin.host]: login('origin') })
    await using client = createRegistry({ ...quick, hosts, credentials })
    const read = await client.getManifest({ registry: origin.host, repository: 'library/a', tag: 'b' })
    expect(read?.descriptor).toEqual(manifest.descriptor)
    expect(mirror.seen.at(-1)?.path).toBe('/v2/hub/library/a/manifests/b')
    expect(mirror.seen.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('mirror:x').toString('base64')}`)
    expect(origin.seen).toHaveLength(0)
  })

  test.each([
    ['lacks it', () => ({ status: 404 })],
    ['fails', () => ({ status: 503 })],
    ['refuses', () => ({ status: 403 })],
    ['breaks off', () => undefined],
    ['has something else', () => ({ ...stored, body: `${stored.body} ` })],
  ])('one that %s is passed over after one request', async (_, answer) => {
    await using mirror = await startScriptedServer(answer)
    await using origin = await startScriptedServer(() => stored)
    await using client = createRegistry({ ...quick, hosts: { [origin.host]: { mirrors: [mirror.host] } } })
    const reference = { registry: origin.host, repository: 'a', digest: manifest.descriptor.digest }
    expect((await client.getManifest(reference))?.descriptor).toEqual(manifest.descriptor)
    expect(mirror.seen).toHaveLength(1)
    expect(origin.seen).toHaveLength(1)
  })

  test.each([
    ['does not answer is left alone for a while', () => undefined, 1],
    ['lacks something is asked again', () => ({ status: 404 }), 3],
  ])('one that %s', async (_, answer, questions) => {
    await using mirror = await startScriptedServer(answer)
    await using origin = await startScriptedServer(() => stored)
    await using client = createRegistry({ ...quick, hosts: { [origin.host]: { mirrors: [mirror.host] } } })
    for (const tag of ['a', 'b', 'c']) await client.getManifest({ registry: origin.host, repository: 'a', tag })
    expect(mirror.seen).toHaveLength(questions)
    expect(origin.seen).toHaveLength(3)
  })

  test('are neither written to nor queried if the answer decides a write', async () => {
    await using mirror = await startScriptedServer(() => stored)
    await using origin = await startScriptedServer(({ method }) => (method === 'PUT' ? created : stored))
    await using client = createRegistry({ ...quick, hosts: { [origin.host]: { mirrors: [mirror.host] } } })
    const reference = { registry: origin.host, repository: 'a', tag: 'b' }
    await client.resolve(reference, { fresh: true })
    await client.putManifest(reference, manifest)
    await client.getManifest(reference)
    expect(mirror.seen).toHaveLength(0)
    expect(origin.seen.map(({ method }) => method)).toEqual(['HEAD', 'GET', 'PUT', 'GET'])
  })
})

describe('TLS', () => {
  test('needs an authority that is known; its own certificate is shown if one is given', async () => {
    await using folder = await tempFolder('tls')
    const { certificate, key } = await makeCertificate(folder.path)
    const tls = { cert: certificate, key, ca: certificate, requestCert: true, rejectUnauthorized: true }
    await using server = await startScriptedServer(() => stored, tls)
    const reference = { registry: server.host, repository: 'a', tag: 'b' }
    const shown = { ca: certificate, clientCertificate: { certificate, key } }
    await using known = createRegistry({ ...quick, hosts: { [server.host]: shown } })
    expect((await known.getManifest(reference))?.descriptor).toEqual(manifest.descriptor)
    await using silent = createRegistry({ retry: { attempts: 1 }, hosts: { [server.host]: { ca: certificate } } })
    await expect(silent.getManifest(reference)).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    await using distrustful = createRegistry({ ...quick, hosts: { [server.host]: { plainHttp: false } } })
    await expect(distrustful.getManifest(reference)).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      hint: expect.stringContaining(`${server.host}': { ca } }`),
    })
  })
})

test('the authorities of NODE_EXTRA_CA_CERTS are trusted beside those that a host is given', async () => {
  await using folder = await tempFolder('tls')
  const [own, extra] = [await makeCertificate(folder.path), await makeCertificate(await mkdtemp(`${folder.path}/`))]
  await using server = await startScriptedServer(() => stored, { cert: extra.certificate, key: extra.key })
  const script = `
    import { createRegistry } from '${new URL('../../src/registry/client.ts', import.meta.url)}'
    const [host, ca] = process.argv.slice(2)
    const client = createRegistry({ hosts: { [host]: { ca } }, retry: { attempts: 1 } })
    console.log((await client.resolve({ registry: host, repository: 'a', tag: 'b' })).digest)`
  const file = join(folder.path, 'ask.mts')
  await writeFile(file, script)
  // Read at the start of a process.
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: extra.certificateFile }
  const args = ['--import', 'tsx', file, server.host, own.certificate]
  const { stdout } = await runProgram(process.execPath, args, { env })
  expect(stdout.trim()).toBe(manifest.descriptor.digest)
}, 60_000)

/** A proxy for plain HTTP and for tunnels that leads everything to one port of this machine. */
async function startProxy(port: () => number) {
  const seen: string[] = []
  const sockets: Socket[] = []
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    const isRefused = incoming.headers.host === 'login.example.com' && incoming.headers.authorization === undefined
    if (isRefused) response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
    else response.writeHead(stored.status, stored.headers).end(stored.body)
  })
  server.on('connect', (incoming, socket: Socket) => {
    seen.push(`CONNECT ${incoming.url}`)
    const onward = connect(port(), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    for (const one of [socket, onward]) sockets.push(one.on('error', () => {}))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('proxies', () => {
  afterEach(() => void vi.unstubAllEnvs())

  test('of the environment are used for other machines, and never for this one', async () => {
    await using folder = await tempFolder('proxy')
    const { certificate, key } = await makeCertificate(folder.path)
    await using server = await startScriptedServer(() => stored, { cert: certificate, key })
    await using plain = await startScriptedServer(() => stored)
    await using proxy = await startProxy(() => server.port)
    vi.stubEnv('HTTPS_PROXY', proxy.url)
    vi.stubEnv('HTTP_PROXY', proxy.url)
    vi.stubEnv('NO_PROXY', 'direct.example.com')
    await using client = createRegistry({
      retry: { attempts: 1 },
      insecureHosts: ['plain.example.com', 'port.example.com:80'],
      hosts: { 'secure.example.com': { ca: certificate } },
    })
    const at = (registry: string) => ({ registry, repository: 'a', tag: 'b' })
    expect(await client.getManifest(at('plain.example.com'))).toBeDefined()
    expect(await client.getManifest(at('port.example.com:80'))).toBeDefined()
    // The certificate is for 127.0.0.1: that it is refused shows that TLS goes to the end of the tunnel.
    await expect(client.getManifest(at('secure.example.com'))).rejects.toMatchObject({
      hint: 'its certificate is for other names',
    })
    expect(await client.getManifest(at(plain.host))).toBeDefined()
    expect(proxy.seen).toEqual([
      'GET http://plain.example.com/v2/a/manifests/b',
      'GET http://port.example.com/v2/a/manifests/b',
      'CONNECT secure.example.com:443',
    ])
  })

  test('are given the login that a request over plain HTTP has waited for', async () => {
    await using proxy = await startProxy(() => 0)
    vi.stubEnv('HTTP_PROXY', proxy.url)
    await using client = createRegistry({
      retry: { attempts: 1 },
      insecureHosts: ['login.example.com'],
      credentials: staticCredentials({ 'login.example.com': password }),
    })
    const read = () => client.getManifest({ registry: 'login.example.com', repository: 'a', tag: 'b' })
    expect(await Promise.all([read(), read()])).not.toContain(undefined)
    // Only the first was sent without it.
    expect(proxy.seen).toHaveLength(3)
  })
})
