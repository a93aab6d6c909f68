import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, type Login, startDebianRegistry } from '../support/debian-registry.js'
import type { CommandOutcome } from './running-command.js'
import { appText, digestAt, type Stage, stage } from './stage.js'

function basic({ username, password }: Login): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

describe.each(['htpasswd', 'token'] as const)('a registry with logins of kind %s', (auth) => {
  const cleanup = new Cleanup()
  let set: Stage
  let registry: DebianRegistry
  let login: Login

  beforeAll(async () => {
    set = cleanup.use(await stage())
    registry = cleanup.use(await startDebianRegistry({ auth }))
    if (registry.login === undefined) throw new Error('the registry wants no login')
    login = registry.login
  })
  beforeEach(() => set.folder.writeBuild(appText(set.host, `${registry.host}/team/app`)))
  afterAll(() => cleanup[Symbol.asyncDispose]())

  /** Runs `build.ts` with a login in the docker configuration, and looks for its password in all that was printed. */
  async function runWith(used: Login | undefined, args: readonly string[]): Promise<CommandOutcome> {
    const auths = used === undefined ? {} : { [registry.host]: { auth: basic(used) } }
    await set.folder.write({ 'docker/config.json': JSON.stringify({ auths }) })
    const outcome = await set.folder.run(args, { DOCKER_CONFIG: `${set.folder.path}/docker` })
    for (const secret of used === undefined ? [] : [used.password, encodeURIComponent(used.password), basic(used)]) {
      expect(`${outcome.stdout}${outcome.stderr}`).not.toContain(secret)
    }
    return outcome
  }

  const wrong = { username: 'builder', password: 'hunter2-not-the-one' }
  it.each([
    ['a wrong login', wrong],
    ['no login', undefined],
  ])('rejects %s, with what to do, and has been sent nothing', async (_what, used) => {
    const { exitCode, stderr } = await runWith(used, ['--verbose'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('code: REGISTRY_UNAUTHORIZED\n')
    expect(stderr).toContain(registry.host)
    expect(stderr).toContain(`docker login ${registry.host}`)
    const writes = (await registry.requests()).filter((request) => /^(PUT|PATCH) /.test(request))
    expect(writes).toEqual([])
  })

  it.each([[['--verbose']], [['--json']]])('is built to with the right one, by %j', async (args) => {
    const { exitCode, stderr } = await runWith(login, args)
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(await registry.requests()).toContain('PUT /v2/team/app/manifests/1.0')
  })
})

describe('a docker configuration that cannot be used', () => {
  it.each([
    ['is no JSON', '{ "auths": ', 'config.json'],
    ['names a helper that is not installed', '{ "credsStore": "nowhere" }', 'docker-credential-nowhere'],
  ])('%s: it is named, no tag moves, and the command ends then', async (_what, text, said) => {
    await using set = await stage()
    await set.folder.write({ 'docker/config.json': text })
    const { exitCode, stderr } = await set.folder.run([], { DOCKER_CONFIG: `${set.folder.path}/docker` })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('code: CREDENTIALS_UNREADABLE\n')
    expect(stderr).toContain(said)
    expect(await digestAt(set.url, 'team/app', '1.0')).toBeUndefined()
  })
})
