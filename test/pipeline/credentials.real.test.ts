import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect as print } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import {
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  platform,
  RegistryError,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { type CredentialStore, staticCredentials } from '../../packages/core/src/registry/index.js'
import { type FaultProxy, startFaultProxy } from '../../packages/core/test/registry/fault-proxy.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, type Login, startDebianRegistry } from '../support/debian-registry.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const VENDOR: Login = { username: 'reader', password: 'vendor-p?>:~~>word' }
const OWN: Login = { username: 'builder', password: 'own-:p?>:~~>word' }

/** A registry with a login, and what every client of it sends. */
interface Guarded {
  readonly registry: DebianRegistry
  readonly proxy: FaultProxy
}

const cleanup = new Cleanup()
let directory: string
let vendor: Guarded
let own: Guarded
let app: Pipeline

async function startGuarded(login: Login): Promise<Guarded> {
  const registry = cleanup.use(await startDebianRegistry({ auth: 'htpasswd', login }))
  return { registry, proxy: cleanup.use(await startFaultProxy(registry.host)) }
}

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('credentials')).path
  vendor = await startGuarded(VENDOR)
  own = await startGuarded(OWN)
  await writeContext(directory, 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

beforeEach(async () => {
  // No base and no name that an earlier test left, so that every part is read and written with a login.
  const word = randomUUID()
  const [wide, narrow] = await Promise.all(
    [AMD64, ARM].map(async (one) => {
      const repository = `${word}/${one.architecture}`
      await pushBase({ ...vendor.registry, repository }, { platform: one, files: { unheard: word } })
      return fromImage(`${vendor.proxy.host}/${repository}:1`)
    }),
  )
  if (wide === undefined || narrow === undefined) throw new Error('there are two bases')
  app = pipeline(`${own.proxy.host}/team/${word}`)
    .platforms(platform('amd64', { base: wide }), platform('arm', { variant: 'v7', base: narrow }))
    .build({ context: directory })
    .tags('1.0')
  vendor.proxy.plan(() => undefined)
  own.proxy.plan(() => undefined)
})

function logins(vendorLogin: Login, ownLogin: Login): CredentialStore {
  return staticCredentials({
    [vendor.proxy.host]: { kind: 'password', ...vendorLogin },
    [own.proxy.host]: { kind: 'password', ...ownLogin },
  })
}

/** `user:password` of every request that carried a login, once each. */
function loginsSentTo({ proxy }: Guarded): readonly string[] {
  const sent = proxy.seen.flatMap(({ headers: { authorization = '' } }) => {
    if (authorization === '') return []
    return [Buffer.from(String(authorization).replace(/^Basic /i, ''), 'base64').toString()]
  })
  return [...new Set(sent)]
}

const written = ({ username, password }: Login) => `${username}:${password}`

it('gives each registry its own login alone, the client and the engine alike', async () => {
  const report = await execute(app, { registryClient: { credentials: logins(VENDOR, OWN) } })
  expect(report.outcome).toBe('succeeded')
  expect(loginsSentTo(vendor)).toEqual([written(VENDOR)])
  expect(loginsSentTo(own)).toEqual([written(OWN)])
  const agents = new Set(own.proxy.seen.map(({ headers }) => String(headers['user-agent']).split('/')[0]))
  expect(agents).toContain('docker')
  expect(agents.size).toBeGreaterThan(1)
})

it('takes them out of the docker configuration if nothing else is reported', async () => {
  const auth = (login: Login) => ({ auth: Buffer.from(written(login)).toString('base64') })
  const auths = { [vendor.proxy.host]: auth(VENDOR), [own.proxy.host]: auth(OWN) }
  await writeFile(join(directory, 'config.json'), JSON.stringify({ auths }))
  vi.stubEnv('DOCKER_CONFIG', directory)
  try {
    await execute(app)
    const { images } = await inspect(`${app.declaration.repository}:1.0`)
    expect(images).toMatchObject([{ declared: AMD64 }, { declared: ARM }])
  } finally {
    vi.unstubAllEnvs()
  }
})

it.each([
  ['the base', 'vendor'],
  ['the image', 'own'],
] as const)('reports a wrong login for the registry of %s without its password', async (_what, whose) => {
  const wrong = { username: 'somebody', password: 'wrong-p?>:~~>word' }
  const credentials = whose === 'vendor' ? logins(wrong, OWN) : logins(VENDOR, wrong)
  const events: RunEvent[] = []
  const error = await execute(app, {
    registryClient: { credentials },
    onEvent: (event) => events.push(event),
  }).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(RegistryError)
  const { host } = whose === 'vendor' ? vendor.proxy : own.proxy
  expect(error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', message: expect.stringContaining(host) })
  const reported = print([error, events], { depth: Infinity, showHidden: true })
  for (const { password, username } of [wrong, VENDOR, OWN]) {
    expect(reported).not.toContain(password)
    expect(reported).not.toContain(Buffer.from(`${username}:${password}`).toString('base64'))
  }
  expect(events.at(-1)).toMatchObject({ kind: 'run-finished', outcome: 'failed' })
})

it('reports a missing login, and what to do', async () => {
  await expect(execute(app, { registryClient: { credentials: staticCredentials({}) } })).rejects.toMatchObject({
    code: 'REGISTRY_UNAUTHORIZED',
    hint: expect.stringContaining('login'),
  })
})
