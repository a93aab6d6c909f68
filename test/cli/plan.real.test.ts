import { chmod, chown, mkdir, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ARM, pushBase } from '../pipeline/project.js'
import { Cleanup } from '../support/cleanup.js'
import { schemaCheck } from '../support/schema.js'
import type { CommandOutcome } from './running-command.js'
import { type Stage, stage } from './stage.js'
import { type UserFolder, userFolder, type Variables } from './user-folder.js'

const NOWHERE = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

/** Lets a command record its loaded CommonJS modules: clients of engines, archives and pictures. */
const NOTES_MODULES = { NODE_OPTIONS: '--import ./notes-modules.mjs' }
const MODULES_SCRIPT = `
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
const { cache } = createRequire(import.meta.url)
process.on('exit', () => writeFileSync('modules.json', JSON.stringify(Object.keys(cache))))
`

/** Those that take long to load, of what the last command that noted them has loaded. */
async function costlyModules({ path }: UserFolder): Promise<readonly string[]> {
  const loaded = JSON.parse(await readFile(join(path, 'modules.json'), 'utf8')) as readonly string[]
  const costly = ['ajv', 'ssh2', '@grpc/grpc-js', '@grpc/proto-loader', 'tar-stream', '@viz-js/viz', 'log-update']
  return costly.filter((name) => loaded.some((file) => file.includes(`/node_modules/${name}/`)))
}

/** What another user on another machine has set. */
const ELSEWHERE = { LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati', USER: 'somebody' }

/**
 * A checkout by another user, with another umask (so the definition sends git's modes), at another time, in another
 * order; home and caches are empty.
 */
async function cleanMachine({ path }: UserFolder): Promise<UserFolder> {
  const other = await userFolder()
  await mkdir(join(other.path, 'tmp'))
  const paths = (await readdir(join(path, 'app'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(path, join(entry.parentPath, entry.name)))
  for (const file of ['build.ts', ...paths.toSorted().toReversed()]) {
    await other.write({ [file]: await readFile(join(path, file), 'utf8') })
    await chmod(join(other.path, file), 0o600)
    await chown(join(other.path, file), 1234, 1234)
    await utimes(join(other.path, file), 86_400, 86_400)
  }
  const run: UserFolder['run'] = (args, variables) => other.run(args, { TMPDIR: join(other.path, 'tmp'), ...variables })
  return { ...other, run }
}

describe('build.ts, planned and built', () => {
  const cleanup = new Cleanup()
  let set: Stage
  let planElsewhere: (variables?: Variables) => Promise<CommandOutcome>
  beforeAll(async () => {
    set = cleanup.use(await stage())
    await set.folder.write({ 'notes-modules.mjs': MODULES_SCRIPT })
    await set.folder.write({ 'app/b/Z': '', 'app/b/ä': 'umlaut\n', 'app/b/i': 'first\n', 'app/I': 'last\n' })
    const elsewhere = cleanup.use(await cleanMachine(set.folder))
    planElsewhere = (variables) => elsewhere.run(['plan', '--json'], { ...ELSEWHERE, ...variables })
  })
  beforeEach(() => void set.requests())
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('plan reports what would happen, and writes nothing', async () => {
    const { exitCode, stdout } = await set.folder.run(['plan'])
    expect(exitCode).toBe(0)
    const requests = set.requests()
    expect(requests).toContain('GET /v2/bases/wide/manifests/1')
    expect(requests.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([])
    expect(stdout).toMatch(/^mount +app base\(linux\/arm\/v7\)/m)
    expect(stdout).toMatch(/^create +app image\(linux\/amd64\).* native$/m)
    expect(stdout).toMatch(/^create +app image\(linux\/arm\/v7\).* emulated$/m)
    expect(stdout).toMatch(
      new RegExp(`^tag create +${set.host}/team/app:latest +nothing -> known after app index`, 'm'),
    )
  })

  it('plan --exit-code exits with 3 where something would change', async () => {
    const { exitCode, stderr } = await set.folder.run(['plan', '--exit-code'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' })
    expect(set.writes()).toEqual([])
  })

  it('plan --json prints the plan and nothing else, the same on a clean machine', async () => {
    const { exitCode, stdout } = await set.folder.run(['plan', '--json'])
    expect(exitCode).toBe(0)
    const plan = JSON.parse(stdout)
    expect(plan).toMatchObject({ version: 1, errors: [] })
    expect(schemaCheck('plan')(plan)).toEqual([])
    expect(plan.nodes.map(({ action }: { action: string }) => action)).toEqual([
      ...['mount', 'mount', 'create', 'create', 'create', 'known-after'],
    ])
    expect(set.writes()).toEqual([])
    const elsewhere = await planElsewhere()
    expect(elsewhere.stderr).toBe('')
    expect(JSON.parse(elsewhere.stdout)).toEqual(plan)
  })

  it('builds, and reports where everything is', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run([], NOTES_MODULES)
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(await costlyModules(set.folder)).toEqual(['@grpc/grpc-js', 'tar-stream'])
    expect(stdout).toMatch(/^app +image\(linux\/arm\/v7\) +made in .* {2}sha256:[0-9a-f]{12}$/m)
    expect(stdout).toMatch(new RegExp(`^${set.host}/team/app:1.0 +now$`, 'm'))
    expect(stderr).toContain('app image(linux/amd64): done')
    expect(set.writes()).toContain('PUT /v2/team/app/manifests/latest')
  })

  it('builds nothing the second time, and needs no engine for that', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['--json'], { ...NOWHERE, ...NOTES_MODULES })
    expect(exitCode).toBe(0)
    expect(await costlyModules(set.folder)).toEqual([])
    expect(stderr).not.toContain('started')
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ version: 1, outcome: 'succeeded' })
    expect(schemaCheck('report')(report)).toEqual([])
    const outcomes = report.nodes.map(({ outcome }: { outcome: string }) => outcome)
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => 'reused'))
    expect(set.writes()).toEqual([])
  })

  it('plan --exit-code exits with 0 if nothing would change, and a clean machine agrees', async () => {
    const { exitCode, stdout } = await set.folder.run(['plan', '--exit-code'], NOWHERE)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^reuse +app index/m)
    expect(stdout).toMatch(/^tag keep /m)
    const here = await set.folder.run(['plan', '--json'], NOWHERE)
    const elsewhere = await planElsewhere(NOWHERE)
    expect(elsewhere.stderr).toBe('')
    expect(JSON.parse(elsewhere.stdout)).toEqual(JSON.parse(here.stdout))
  })

  it('lock: on CI each name has to be in it, unless --no-frozen is set; --update reports what has moved', async () => {
    const narrow = `${set.host}/bases/narrow:1`
    expect(await set.folder.run(['lock'], NOWHERE)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(narrow),
    })
    const file = join(set.folder.path, 'polyarch.lock')
    const whole = await readFile(file, 'utf8')
    await set.folder.write({ 'polyarch.lock': whole.replace(/^base .*narrow.*\n/m, '') })
    const ci = { ...NOWHERE, CI: 'true' }
    const refused = await set.folder.run(['plan'], ci)
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('LOCK_INCOMPLETE') })
    const live = await set.folder.run(['plan', '--no-frozen'], ci)
    expect(live).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is not in polyarch.lock') })
    await set.folder.write({ 'polyarch.lock': whole })
    expect(await set.folder.run(['plan', '--exit-code'], ci)).toMatchObject({ exitCode: 0 })
    const target = { host: set.host, url: set.url, repository: 'bases/narrow' }
    await pushBase(target, { platform: ARM, files: { moved: 'yes' } })
    const updated = await set.folder.run(['lock', '--update', narrow, '--json'], NOWHERE)
    expect(JSON.parse(updated.stdout).changes).toMatchObject([{ change: 'moved', kind: 'base', name: narrow }])
    await pushBase(target, { platform: ARM })
    await rm(file)
    set.requests()
  })

  it('inspect shows the index, and the config and base of each image', async () => {
    const { exitCode, stdout } = await set.folder.run(['inspect'], NOWHERE)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(new RegExp(`^${set.host}/team/app:1.0@sha256:[0-9a-f]{64}$`, 'm'))
    expect(stdout).toContain('"mediaType": "application/vnd.oci.image.index.v1+json"')
    expect(stdout).toMatch(new RegExp(`^linux/arm/v7 +linux/arm/v7 .*${set.host}/bases/narrow:1$`, 'm'))
  })

  it('inspect --json shows any name', async () => {
    const name = `${set.host}/bases/narrow:1`
    const { exitCode, stdout } = await set.folder.run(['inspect', name, '--json'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([
      { reference: name, images: [{ config: { os: 'linux', architecture: 'arm', variant: 'v7' }, layers: 1 }] },
    ])
  })

  it('inspect of a name that does not exist fails', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['inspect', `${set.host}/team/app:2.0`])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toContain(`${set.host}/team/app:2.0 does not exist`)
  })

  it('refuses to lose a platform that a name has, unless --allow-removal reports it', async () => {
    await set.folder.writeBuild(`
      const app = pipeline('${set.host}/team/app')
        .platforms(platform('amd64', { base: fromImage('${set.host}/bases/wide:1') }))
        .build({ context: 'app' })
        .tags('latest')
      run(app)
    `)
    const refused = await set.folder.run()
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('would lose linux/arm/v7')
    expect(refused.stderr).toContain('--allow-removal')
    expect(set.writes()).not.toContain('PUT /v2/team/app/manifests/latest')
    expect((await set.folder.run(['--allow-removal'])).exitCode).toBe(0)
    expect(set.writes()).toContain('PUT /v2/team/app/manifests/latest')
  })
})
