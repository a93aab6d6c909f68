import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../scripts/setup/dependencies.mjs'
import { newerNodeFolder } from '../../scripts/setup/newer-node.mjs'
import { startCommand } from '../cli/running-command.js'
import { digestAt, type Stage, stage } from '../cli/stage.js'
import { readText } from '../house/repository.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tinyImage } from '../support/tiny-image.js'
import { type ActionsService, startActionsService } from './actions-service.js'

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>
  readonly outputs: Readonly<Record<string, unknown>>
  readonly runs: { readonly using: string; readonly main: string }
}

const action = parse(readText('action.yml')) as ActionFile

describe('the action, run as the runner does', () => {
  let set: Stage
  let service: ActionsService
  beforeAll(async () => {
    set = await stage()
    service = await startActionsService()
    await mkdir(join(set.folder.path, 'node_modules/.bin'), { recursive: true })
    await symlink(join(ROOT, 'node_modules/tsx/dist/cli.mjs'), join(set.folder.path, 'node_modules/.bin/tsx'))
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await set[Symbol.asyncDispose]()
  })

  /** Runs the entry with its inputs as variables, and the files that the runner reads afterwards. */
  async function run(inputs: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) {
    const path = (name: string) => join(set.folder.path, 'home', name)
    await mkdir(path('temp'), { recursive: true })
    for (const name of ['output', 'summary']) await writeFile(path(name), '')
    const all = Object.entries(action.inputs).map(([name, { default: preset = '' }]) => {
      const value = inputs[name] ?? preset.replace('${{ github.token }}', 'token-of-the-job')
      return [`INPUT_${name.toUpperCase()}`, value]
    })
    const env = {
      PATH: [newerNodeFolder(), process.env['PATH']].join(delimiter),
      HOME: path('.'),
      DOCKER_HOST: process.env['DOCKER_HOST'],
      RUNNER_TEMP: path('temp'),
      GITHUB_OUTPUT: path('output'),
      GITHUB_STEP_SUMMARY: path('summary'),
      GITHUB_REPOSITORY: 'team/app',
      GITHUB_WORKSPACE: set.folder.path,
      ...service.env,
      ...Object.fromEntries(all),
      ...variables,
    }
    await using command = startCommand(
      [join(newerNodeFolder(), 'node'), join(ROOT, action.runs.main)],
      set.folder.path,
      env,
    )
    const { exitCode, stdout, stderr } = await command.ended
    const [output, summary] = await Promise.all([readFile(path('output'), 'utf8'), readFile(path('summary'), 'utf8')])
    return { exitCode, log: stdout + stderr, outputs: readOutputs(output), summary }
  }

  it('makes a matrix of the platforms', async () => {
    const { exitCode, outputs } = await run({ command: 'matrix' })
    expect(exitCode).toBe(0)
    expect(JSON.parse(outputs['matrix'] ?? '').include).toMatchObject([
      { platform: 'linux/amd64', runner: 'ubuntu-24.04' },
      { platform: 'linux/arm/v7', runner: 'ubuntu-24.04-arm', emulated: true },
    ])
  })

  it('writes the plan of a pull request as a comment, which the next run replaces', async () => {
    await set.folder.write({ 'home/event.json': '{ "pull_request": { "number": 7 } }' })
    const event = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: join(set.folder.path, 'home/event.json') }
    const { exitCode, outputs, summary } = await run({}, event)
    expect(exitCode).toBe(0)
    expect(outputs).toMatchObject({ changes: 'true' })
    expect(JSON.parse(await readFile(outputs['plan'] ?? '', 'utf8'))).toMatchObject({ version: 1 })
    expect(service.comments).toEqual([
      expect.stringMatching(/^<!-- polyarch plan -->\n### Plan of `build.ts`\n\n```text\n/),
    ])
    expect(service.comments[0]).toContain(`${set.host}/team/app:1.0`)
    expect(summary).toContain(service.comments[0])
    await run({ pipelines: 'app' }, event)
    expect(service.comments).toHaveLength(1)
    const refused = await run({ token: 'wrong' }, event)
    expect(refused).toMatchObject({
      exitCode: 0,
      log: expect.stringContaining('permissions: { pull-requests: write }'),
    })
  })

  it('builds one platform per job, and assembles the index at the end', async () => {
    const only = await run({ only: 'linux/amd64' }, { GITHUB_EVENT_NAME: 'push' })
    expect(only.exitCode, only.log).toBe(0)
    expect(only.outputs).toMatchObject({ digests: '{}' })
    expect(await digestAt(set.url, 'team/app', '1.0')).toBeUndefined()
    const built = await run({ artifact: 'images' }, { GITHUB_EVENT_NAME: 'push' })
    expect(built.exitCode, built.log).toBe(0)
    const digest = await digestAt(set.url, 'team/app', '1.0')
    expect(JSON.parse(built.outputs['digests'] ?? '')).toEqual({
      [`${set.host}/team/app:1.0`]: digest,
      [`${set.host}/team/app:latest`]: digest,
    })
    expect(built.summary).toContain('<h2>polyarch: succeeded</h2>')
    expect(built.summary).toContain(`<code>${digest}</code>`)
    // A ZIP archive of both files.
    expect(service.artifacts.get('images')?.subarray(0, 2).toString()).toBe('PK')
    expect(service.artifacts.get('images')?.toString('latin1')).toMatch(
      /polyarch-report\.html[\s\S]*polyarch-metadata\.json/,
    )
    const again = await run({ command: 'assemble', artifact: '' }, { GITHUB_EVENT_NAME: 'push' })
    expect(again).toMatchObject({ exitCode: 0, outputs: { digests: built.outputs['digests'] } })
  })

  it('registers emulators by the image, for a platform that no engine runs', async () => {
    const platform = { os: 'linux', architecture: 'riscv64' }
    await pushTinyImage({ url: set.url, repository: 'bases/riscv' }, await tinyImage({ platform }), '1')
    await set.folder.write({
      'emulated.ts': `import { fromImage, pipeline, platform, run } from '@polyarch/core'
run(pipeline('${set.host}/team/emulated').platforms(platform('riscv64', { base: fromImage('${set.host}/bases/riscv:1') }))
  .build({ context: 'app' }).tags('1.0'))\n`,
    })
    // Containers may not be privileged on every machine for tests, so another program takes the place of docker.
    await set.folder.write({ 'bin/docker': '#!/bin/sh\necho "docker $*"\n' })
    await chmod(join(set.folder.path, 'bin/docker'), 0o755)
    const path = [join(set.folder.path, 'bin'), newerNodeFolder(), process.env['PATH']].join(delimiter)
    const inputs = { command: 'plan', file: 'emulated.ts', 'emulator-image': 'registry.example.com/binfmt:1' }
    const { exitCode, log } = await run(inputs, { PATH: path })
    const command = 'docker run --rm --privileged registry.example.com/binfmt:1 --install riscv64'
    expect(log).toContain(`registering emulators: riscv64\n${command}\n`)
    // It registers nothing, which the second plan finds.
    expect({ exitCode, log }).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining('::error::the plan has errors'),
    })
    const never = await run({ ...inputs, emulators: 'never' })
    expect(never.log).not.toContain('registering')
    const broken = await run({ ...inputs, 'emulator-image': `${set.host}/missing:1` })
    expect(broken.log).toContain('::error::the emulators cannot be registered: `docker run --rm --privileged')
  })

  it('fails with the log of a failed run, and with what is wrong in its inputs', async () => {
    const failed = await run({ registry: '127.0.0.1:1', artifact: '' }, { GITHUB_EVENT_NAME: 'push' })
    expect(failed).toMatchObject({ exitCode: 1, log: expect.stringMatching(/::error::/) })
    expect(await run({ command: 'deploy' })).toMatchObject({
      exitCode: 1,
      log: expect.stringContaining("::error::input 'command' is 'deploy': use plan, build, assemble, matrix"),
    })
    expect(await run({ command: 'assemble', only: 'linux/amd64' })).toMatchObject({ exitCode: 1 })
  })
})

/** Outputs as the runner reads them: `name<<delimiter`, the value, and the delimiter. */
function readOutputs(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/^(\S+?)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name, , value]) => [name, value]),
  )
}
