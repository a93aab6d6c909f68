import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../packages/core/package.json' with { type: 'json' }
import { ARM } from '../pipeline/project.js'
import { runImage } from '../support/run-image.js'
import { DOCKERFILE, type Stage, stage } from './stage.js'
import { userFolder } from './user-folder.js'

describe('the command line itself', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
  })
  afterAll(() => set[Symbol.asyncDispose]())

  it('--help lists commands and flags, and contacts nothing', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['--help'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    for (const word of ['plan', 'inspect', 'serve', '--only', '--registry', '--load', '--allow-removal', '--json']) {
      expect(stdout).toContain(word)
    }
    expect(set.requests()).toEqual([])
  })

  it.each(['plan', 'inspect', 'serve'])('%s --help is about that command', async (command) => {
    const { exitCode, stdout } = await set.folder.run([command, '--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`Usage: build.ts ${command}`)
  })

  it.each([[['--version']], [['-V']], [['plan', '--version']]])('%j prints the version of the core', async (args) => {
    expect(await set.folder.run(args)).toEqual({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' })
  })

  it('help prints what --help prints, also of a command', async () => {
    expect(await set.folder.run(['help'])).toEqual(await set.folder.run(['--help']))
    expect(await set.folder.run(['help', 'plan'])).toEqual(await set.folder.run(['plan', '--help']))
  })

  it('explains the code of an error, and reports what is near one that there is not', async () => {
    const { exitCode, stdout } = await set.folder.run(['explain', 'tag_moved'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^TAG_MOVED\n\nAnother writer moved a tag .+\n\nWhat to do: Run again/)
    const unknown = await set.folder.run(['explain', 'TAG_MOVE'])
    expect(unknown.exitCode).toBe(2)
    expect(unknown.stderr).toContain("hint: did you mean 'TAG_MOVED'?")
  })

  it.each([
    ['a command', ['paln'], "unknown command or pipeline 'paln'", 'plan'],
    ['a pipeline', ['ap'], "unknown command or pipeline 'ap'", 'app'],
    ['a pipeline to plan', ['plan', 'ap'], "'ap' is not part of this run", 'app'],
    ['a flag', ['--alow-removal'], '--alow-removal: the flag does not exist', '--allow-removal'],
    ['a flag of a command', ['plan', '--exitcode'], '--exitcode: the flag does not exist', '--exit-code'],
    [
      'a flag of another command',
      ['inspect', '--load'],
      "'build.ts inspect' does not support this flag",
      "'npx tsx build.ts'",
    ],
    ['a command to help with', ['help', 'paln'], "unknown command 'paln'", 'plan'],
  ])('rejects %s that it does not know, and reports what is near', async (_what, args, said, hint) => {
    const { exitCode, stdout, stderr } = await set.folder.run(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(said)
    expect(stderr.replace(said, '')).toContain(hint)
    expect(stderr).toMatch(/^error: .*\n {2}hint: .*\ncode: USAGE\nmore: .* explain USAGE\n$/)
    expect(set.requests()).toEqual([])
  })

  it.each([
    ['inspect', '127.0.0.1:9/no/such:1'],
    ['promote', '127.0.0.1:9/no/such:1', 'latest'],
  ])('%s prints the causes of an error, and its requests', async (...args) => {
    const { exitCode, stderr } = await set.folder.run([...args, '--verbose'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/\nrequest: (?:GET|HEAD) http:\/\/127\.0\.0\.1:9\/v2\/.*: no answer\ncause: .*ECONNREFUSED/)
  })

  it('rejects a flag without its value', async () => {
    const { exitCode, stderr } = await set.folder.run(['--registry'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('argument missing')
  })
})

describe.each(['module', 'npm-init'] as const)('a folder of kind %s', (kind) => {
  let set: Stage
  beforeAll(async () => {
    set = await stage(kind)
  })
  afterAll(() => set[Symbol.asyncDispose]())

  it('runs build.ts with no await, definitions in a file of their own, paths from import.meta', async () => {
    await set.folder.write({
      'app/Dockerfile': DOCKERFILE,
      'images.ts': `
        import { fromImage, pipeline, platform } from '@polyarch/core'
        export const app = pipeline('${set.host}/team/app')
          .platforms(platform('arm', { variant: 'v7', base: fromImage('${set.host}/bases/narrow:1') }))
          .build({ context: new URL('./app', import.meta.url) })
          .tags('${kind}')
      `,
      'build.ts': `import { run } from '@polyarch/core'\nimport { app } from './images.js'\nrun(app)\n`,
    })
    const { exitCode, stderr } = await set.folder.run()
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    const { output } = await runImage({ reference: `${set.host}/team/app:${kind}`, platform: ARM })
    expect(output).toBe('built on tiny linux/arm/v7')
  })

  it('loads the plugins', async () => {
    await set.folder.writeBuild(`
      import { debian } from '@polyarch/plugin-debian'
      const app = pipeline('team/app').use(debian()).platforms(platform('amd64', { base: 'debian', release: 'bokworm' }))
      run(app)
    `)
    const { exitCode, stderr } = await set.folder.run(['--registry', set.host])
    expect(exitCode).toBe(2)
    expect(stderr).toContain("did you mean 'bookworm'?")
  })
})

it('a folder made by npm init is CommonJS', async () => {
  await using folder = await userFolder('npm-init')
  const made = JSON.parse(await readFile(`${folder.path}/package.json`, 'utf8')) as { type?: string }
  expect(made.type ?? 'commonjs').toBe('commonjs')
})
