import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ARM, pushBase } from '../pipeline/project.js'
import { schemaCheck } from '../support/schema.js'
import { type Stage, stage } from './stage.js'

const NOWHERE = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

describe('build.ts, planned and built', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
  })
  beforeEach(() => void set.requests())
  afterAll(() => set[Symbol.asyncDispose]())

  it('plan says what would happen, and writes nothing', async () => {
    const { exitCode, stdout } = await set.folder.run(['plan'])
    expect(exitCode).toBe(0)
    const requests = set.requests()
    expect(requests).toContain('GET /v2/bases/wide/manifests/1')
    expect(requests.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([])
    expect(stdout).toMatch(/^mount +app base\(linux\/arm\/v7\)/m)
    expect(stdout).toMatch(/^create +app image\(linux\/amd64\).* native$/m)
    expect(stdout).toMatch(/^create +app image\(linux\/arm\/v7\).* emulated$/m)
    expect(stdout).toMatch(new RegExp(`^tag move +${set.host}/team/app:latest +nothing -> known after app index`, 'm'))
  })

  it('plan --exit-code exits with 3 where something would change', async () => {
    const { exitCode, stderr } = await set.folder.run(['plan', '--exit-code'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' })
    expect(set.writes()).toEqual([])
  })

  it('plan --json prints the plan and nothing else', async () => {
    const { exitCode, stdout } = await set.folder.run(['plan', '--json'])
    expect(exitCode).toBe(0)
    const plan = JSON.parse(stdout)
    expect(plan).toMatchObject({ version: 1, problems: [] })
    expect(schemaCheck('plan')(plan)).toEqual([])
    expect(plan.nodes.map(({ action }: { action: string }) => action)).toEqual([
      ...['mount', 'mount', 'create', 'create', 'create', 'known-after'],
    ])
    expect(set.writes()).toEqual([])
  })

  it('builds, and reports where everything is', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run()
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stdout).toMatch(/^app +image\(linux\/arm\/v7\) +made in .*@sha256:[0-9a-f]{64}$/m)
    expect(stdout).toMatch(new RegExp(`^${set.host}/team/app:1.0 +now +sha256:`, 'm'))
    expect(stderr).toContain('app image(linux/amd64): done')
    expect(set.writes()).toContain('PUT /v2/team/app/manifests/latest')
  })

  it('builds nothing the second time, and needs no engine for that', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['--json'], NOWHERE)
    expect(exitCode).toBe(0)
    expect(stderr).not.toContain('started')
    const report = JSON.parse(stdout)
    expect(report).toMatchObject({ version: 1, outcome: 'succeeded' })
    expect(schemaCheck('report')(report)).toEqual([])
    const outcomes = report.nodes.map(({ outcome }: { outcome: string }) => outcome)
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => 'reused'))
    expect(set.writes()).toEqual([])
  })

  it('plan --exit-code exits with 0 where nothing would change', async () => {
    const { exitCode, stdout } = await set.folder.run(['plan', '--exit-code'], NOWHERE)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^reuse +app index/m)
    expect(stdout).toMatch(/^tag keep /m)
  })

  it('lock: on CI each name has to be in it, unless --no-frozen says otherwise; --update says what has moved', async () => {
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

  it('refuses to lose a platform that a name has, unless --allow-removal says so', async () => {
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
