import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import type { Finding } from '../../src/operations/doctor/finding.js'
import { checkRegistries, type UsedRegistry } from '../../src/operations/doctor/registry-check.js'
import { staticCredentials } from '../../src/registry/auth/credentials.js'
import { dockerConfigCredentials } from '../../src/registry/auth/docker-config.js'
import type { RegistryOptions } from '../../src/registry/options.js'
import { type ScriptedAnswer, startScriptedServer } from '../registry/scripted-server.js'
import { type TestRegistry, testRegistry } from '../registry-server/test-registry.js'

const users = { ada: 'a secret' }
const nobody = staticCredentials({})
const knows = (host: string, password = users.ada) =>
  staticCredentials({ [host]: { kind: 'password', username: 'ada', password } })

const pushedTo = (host: string): UsedRegistry => ({
  host,
  bases: [],
  targets: [{ registry: host, repository: 'team/app', tag: '1.0' }],
})
const pulledFrom = (host: string): UsedRegistry => ({
  host,
  bases: [{ registry: host, repository: 'bases/wide', tag: '1' }],
  targets: [],
})

function look(
  used: UsedRegistry,
  credentials = nobody,
  options: Omit<RegistryOptions, 'credentials'> = {},
): Promise<readonly Finding[]> {
  return checkRegistries([used], { ...options, credentials }, undefined)
}

const writes = ({ requests }: TestRegistry) =>
  requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').map(({ method, status }) => [method, status])

describe('a login', () => {
  test('that may push is found good, and nothing is left behind', async () => {
    await using registry = await testRegistry({ auth: { kind: 'bearer', users } })
    const { host } = registry.server
    const before = await readdir(registry.directory, { recursive: true })
    expect(await look(pushedTo(host), knows(host))).toEqual([
      { subject: `registry ${host}`, state: 'ok', message: "answers; the login is the password of user 'ada'" },
      {
        subject: `repository ${host}/team/app`,
        state: 'ok',
        message: 'can be pulled from and pushed to (an upload was opened and cancelled)',
      },
    ])
    expect(writes(registry).filter(([, status]) => status !== 401)).toEqual([
      ['POST', 202],
      ['DELETE', 204],
    ])
    expect(await readdir(registry.directory, { recursive: true })).toEqual(before)
  })

  test.each(['basic', 'bearer'] as const)(
    'that is wrong is an error, by %s, and its password is not reported',
    async (kind) => {
      await using registry = await testRegistry({ auth: { kind, users } })
      const { host } = registry.server
      const findings = await look(pushedTo(host), knows(host, 'hunter2'))
      expect(findings[1]).toMatchObject({
        subject: `repository ${host}/team/app`,
        state: 'error',
        message: expect.stringContaining('401'),
        advice: expect.stringContaining(`docker login ${host}`),
      })
      expect(JSON.stringify(findings)).not.toContain('hunter2')
    },
  )

  test('that is not known is an error where images are pushed, and none where everybody may pull', async () => {
    await using registry = await testRegistry({ auth: { kind: 'bearer', users, anonymousPull: true } })
    const { host } = registry.server
    await using open = await testRegistry()
    await pushTinyImage(
      { url: open.server.url, repository: 'bases/wide' },
      await tinyImage({ platform: { os: 'linux', architecture: 'amd64' }, files: {} }),
      '1',
    )
    const [answers, target] = await look(pushedTo(host))
    expect(answers).toMatchObject({ state: 'ok', message: 'answers; no login is configured' })
    expect(target).toMatchObject({ state: 'error', advice: expect.stringContaining(`docker login ${host}`) })
    expect(await look(pulledFrom(open.server.host))).toMatchObject([
      { state: 'ok' },
      { state: 'ok', message: 'exists and can be pulled' },
    ])
  })

  test('that may pull and not push is an error', async () => {
    await using registry = await startScriptedServer(({ method, path, headers }) => {
      if (headers.authorization === undefined)
        return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }
      if (method === 'POST') return { status: 403, body: '{"errors":[{"code":"DENIED","message":"read only"}]}' }
      return { status: path === '/v2/' ? 200 : 404 }
    })
    const [, target] = await look(pushedTo(registry.host), knows(registry.host))
    expect(target).toMatchObject({
      state: 'error',
      message: expect.stringContaining('DENIED (read only)'),
      advice: expect.stringContaining('check its permissions'),
    })
  })

  test('that cannot be read is an error', async () => {
    await using folder = await tempFolder('docker-config')
    const file = join(folder.path, 'config.json')
    await writeFile(file, 'no JSON')
    await using registry = await testRegistry()
    expect(await look(pushedTo(registry.server.host), dockerConfigCredentials({ file }))).toMatchObject([
      { state: 'error', message: expect.stringContaining(file), advice: expect.stringContaining('docker login') },
    ])
  })
})

describe('a registry', () => {
  /** Answers `/v2/` and HEADs as one that has nothing; what an upload is answered with is the test's own. */
  const uploads = (opened: ScriptedAnswer, cancelled: ScriptedAnswer) =>
    startScriptedServer(({ method, path }) => {
      if (method === 'POST') return opened
      if (method === 'DELETE') return cancelled
      return { status: path === '/v2/' ? 200 : 404 }
    })

  test('that does not cancel uploads is accepted, and reported', async () => {
    await using registry = await uploads({ status: 202, headers: { location: '/uploads/1' } }, { status: 405 })
    const [, target] = await look(pushedTo(registry.host))
    expect(target).toMatchObject({ state: 'ok', message: expect.stringContaining('left to expire') })
  })

  test('that makes no repository at a push reports it before one', async () => {
    const body = '{"errors":[{"code":"NAME_UNKNOWN","message":"The repository does not exist"}]}'
    await using registry = await uploads({ status: 404, body }, undefined)
    const [, target] = await look(pushedTo(registry.host))
    expect(target).toMatchObject({ state: 'error', advice: expect.stringContaining('create it first') })
  })

  test('that lacks a base is an error', async () => {
    await using registry = await testRegistry()
    const [, base] = await look(pulledFrom(registry.server.host))
    expect(base).toMatchObject({
      subject: `base ${registry.server.host}/bases/wide:1`,
      state: 'error',
      message: 'does not exist',
    })
  })

  test('whose clock differs is reported', async () => {
    const date = new Date(Date.now() - 600_000).toUTCString()
    await using registry = await startScriptedServer(() => ({ status: 200, headers: { date } }))
    const [, clock] = await look({ host: registry.host, bases: [], targets: [] })
    expect(clock).toMatchObject({
      subject: 'clock',
      state: 'warning',
      message: expect.stringMatching(/differs by (599|6\d\d) s/),
    })
  })

  test('that is not a registry, or does not answer, is an error', async () => {
    await using page = await startScriptedServer(() => ({ status: 503 }))
    expect(await look(pushedTo(page.host))).toMatchObject([{ state: 'error', message: 'answers with 503' }])
    expect(await look(pushedTo('127.0.0.1:1'))).toMatchObject([
      {
        state: 'error',
        message: expect.stringContaining('127.0.0.1:1'),
        advice: expect.stringContaining('the connection was refused'),
      },
    ])
  })

  test('is reached as a run would reach it: by its certificate', async () => {
    await using folder = await tempFolder('doctor-tls')
    const { certificate, key } = await makeCertificate(folder.path)
    await using registry = await testRegistry({ tls: { cert: certificate, key } })
    const { host } = registry.server
    const plain = await look(pushedTo(host), nobody, { hosts: { [host]: { plainHttp: false } } })
    expect(plain).toMatchObject([{ state: 'error', advice: expect.stringContaining(': { ca } }') }])
    const trusted = await look(pushedTo(host), nobody, { hosts: { [host]: { ca: certificate } } })
    expect(trusted.map(({ state }) => state)).toEqual(['ok', 'ok'])
  })

  test('has its mirrors looked at: one that fails only warns, since a run passes it over', async () => {
    await using registry = await testRegistry()
    await using mirror = await testRegistry()
    const { host } = registry.server
    const mirrors = [mirror.server.host, '127.0.0.1:1/hub']
    const findings = await look({ host, bases: [], targets: [] }, nobody, { hosts: { [host]: { mirrors } } })
    expect(findings).toMatchObject([
      { subject: `mirror ${mirror.server.host}`, state: 'ok' },
      { subject: 'mirror 127.0.0.1:1', state: 'warning', advice: expect.stringContaining(`mirrors of ${host}`) },
      { subject: `registry ${host}`, state: 'ok' },
    ])
  })
})
