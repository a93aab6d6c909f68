import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stage, stage } from './stage.js'

/** A definition, from the host of a registry that has the bases `wide` for amd64 and `narrow` for arm/v7. */
type Definition = (host: string) => string

/** A platform on a base of that registry. */
function on(host: string, base: string, architecture: string, more = ''): string {
  return `platform('${architecture}', { ${more}base: fromImage('${host}/bases/${base}:1') })`
}

/** A pipeline that is sound but for what is added to it. */
function app(host: string, changes: string, platforms = on(host, 'wide', 'amd64')) {
  return `run(pipeline('${host}/team/app').platforms(${platforms}).build({ context: 'app' }).tags('1.0')${changes})`
}

const withDebian = (platforms: string): Definition => {
  return (host) => `import { debian } from '@polyarch/plugin-debian'
    run(pipeline('${host}/team/app').use(debian()).platforms(${platforms}).build({ context: 'app' }).tags('1.0'))`
}

interface Row {
  readonly what: string
  readonly definition: Definition
  readonly exitCode: 1 | 2
  readonly code: string
  readonly says: readonly string[]
}

const invalid = (what: string, definition: Definition, ...says: readonly string[]): Row => {
  return { what, definition, exitCode: 2, code: 'DEFINITION_INVALID', says }
}

const refused = (what: string, code: string, definition: Definition, ...says: readonly string[]): Row => {
  return { what, definition, exitCode: 1, code, says }
}

const ROWS: readonly Row[] = [
  invalid('no pipeline', () => 'run()', 'no pipeline was given'),
  invalid(
    'an unknown base',
    withDebian(`platform('amd64', { base: 'debain' } as never)`),
    "platforms[0].base: no plugin in use supplies a base named 'debain'",
    "did you mean 'debian'?",
  ),
  invalid(
    'an unknown release',
    withDebian(`platform('amd64', { base: 'debian', release: 'bokworm' } as never)`),
    'platforms[0].release',
    "did you mean 'bookworm'?",
  ),
  invalid(
    'an unknown option of a base',
    withDebian(`platform('amd64', { base: 'debian', relese: '12' } as never)`),
    "base 'debian' has no option 'relese'",
    "did you mean 'release'?",
  ),
  invalid(
    'a platform that the distribution does not have',
    withDebian(`platform('linux/arm/v6', { base: 'debian' })`),
    'linux/arm/v6',
    "'debian' supports linux/",
  ),
  invalid(
    'a platform without a base',
    (host) => app(host, '', `platform('amd64', {} as never)`),
    'platforms[0].base: has no base',
    "fromImage('…')",
  ),
  invalid(
    'a platform twice, in other words',
    (host) => app(host, '', ['armhf', 'linux/arm/v7'].map((arch) => on(host, 'narrow', arch)).join()),
    'platforms[1]: linux/arm/v7 is declared twice',
    'remove one of them',
  ),
  invalid(
    'an unknown architecture',
    (host) => app(host, '', on(host, 'wide', 'x86_86')),
    "unknown architecture 'x86_86'",
    "did you mean 'x86_64'?",
  ),
  invalid(
    'an unknown variant',
    (host) => app(host, '', on(host, 'narrow', 'arm', "variant: 'v9', ")),
    "unknown variant 'v9' of arm",
    'use one of v5, v6, v7',
  ),
  invalid('no platforms', (host) => app(host, '', ''), 'the pipeline has no platforms', ".platforms(platform('amd64'"),
  invalid('a tag', (host) => app(host, `.tags('1.0 beta')`), "tag '1.0 beta' is not valid", 'use letters'),
  invalid(
    'a name in upper case',
    (host) => app(`${host}/Team`, ''),
    "/Team/team/app' is not a valid image name",
    'write the repository in lower case',
  ),
  invalid(
    'a name with a tag',
    (host) => `run(pipeline('${host}/team/app:1.0').platforms(${on(host, 'wide', 'amd64')}))`,
    "app:1.0' has a tag or digest",
    ".tags('1.0')",
  ),
  invalid(
    'a name without a registry',
    (host) => `run(pipeline('team/app').platforms(${on(host, 'wide', 'amd64')}).tags('1'))`,
    "'team/app' has no registry host",
    'docker.io/team/app for Docker Hub',
    '--registry HOST',
    '--registry embedded',
  ),
  invalid(
    'one name published twice',
    (
      host,
    ) => `const one = pipeline('${host}/team/app').platforms(${on(host, 'wide', 'amd64')}).build({ context: 'app' }).tags('1.0')
      run(one, one.build({ args: { OTHER: 'yes' } }))`,
    'team/app:1.0 is published twice',
    'change one of the names',
  ),
  invalid(
    'a cycle between pipelines',
    (host) => `
      const declaration = { ...pipeline('${host}/team/loop').build({ context: 'app' }).declaration, platforms: [] as unknown[] }
      const loop = { kind: 'pipeline', declaration }
      declaration.platforms.push(platform('amd64', { base: loop } as never))
      run(loop as never)`,
    "team/loop') uses itself",
    'remove one of the bases or contexts of the cycle',
  ),
  invalid(
    'a pipeline as a base that lacks the platform',
    (host) => `
      const sdk = pipeline('${host}/team/sdk').platforms(${on(host, 'wide', 'amd64')}).build({ context: 'app' })
      run(pipeline('${host}/team/app').platforms(platform('arm64', { base: sdk })).build({ context: 'app' }).tags('1'))`,
    'pipeline sdk has no linux/arm64',
    'it has linux/amd64',
  ),
  invalid('a missing context', (host) => app(host, `.build({ context: 'ap' })`), '/ap', 'does not exist'),
  invalid(
    'a missing Dockerfile',
    (host) => app(host, `.build({ dockerfile: 'Dockerfle' })`),
    'Dockerfle',
    'does not exist',
  ),
  invalid(
    'a Dockerfile that takes its base from nowhere',
    (host) => app(host, `.build({ dockerfile: 'Fixed' })`),
    'Fixed',
    'ARG BASE_IMAGE',
  ),
  refused(
    'a base that does not exist',
    'NOT_FOUND',
    (host) => app(host, '', on(host, 'none', 'amd64')),
    '/bases/none:1',
  ),
  refused(
    'a base whose config is of another platform',
    'PLATFORM_MISMATCH',
    (host) => app(host, '', on(host, 'wide', 'arm64')),
    '/bases/wide:1',
    'linux/amd64',
    'linux/arm64',
  ),
]

describe('before anything is pushed, build.ts rejects', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
    await set.folder.write({ 'app/Fixed': 'FROM alpine:3.22\nRUN true\n' })
  })
  beforeEach(() => void set.requests())
  afterAll(() => set[Symbol.asyncDispose]())

  it.each(ROWS)('$what', async ({ definition, exitCode, code, says }) => {
    await set.folder.writeBuild(definition(set.host))
    const outcome = await set.folder.run()
    expect(outcome.stderr).toContain(`code: ${code}\n`)
    for (const part of says) expect(outcome.stderr).toContain(part)
    expect(outcome).toMatchObject({ exitCode, stdout: '' })
    expect(set.writes()).toEqual([])
  })

  it('an engine that does not answer, and reports how to get one', async () => {
    await set.folder.writeBuild(app(set.host, ''))
    const { exitCode, stderr } = await set.folder.run([], { DOCKER_HOST: 'unix:///nowhere/docker.sock' })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('no engine answers at unix:///nowhere/docker.sock')
    expect(stderr).toContain('apt-get install docker.io')
    expect(stderr).toContain('DOCKER_HOST')
    expect(stderr).toContain('code: ENGINE_UNREACHABLE\n')
    expect(set.writes()).toEqual([])
  })

  it.each(['armv7l', 'armhf', 'arm'])('nothing where %s stands for linux/arm/v7, but notes it', async (word) => {
    await set.folder.writeBuild(app(set.host, '', on(set.host, 'narrow', word)))
    const { exitCode, stdout } = await set.folder.run(['plan'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`note: '${word}' is normalized to linux/arm/v7\n`)
  })
})
