import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../packages/core/package.json' with { type: 'json' }
import { digestAt, type Stage, stage } from './stage.js'

describe('polyarch without a build.ts', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
    await set.folder.write({ 'empty/.keep': '' })
  })
  afterAll(() => set[Symbol.asyncDispose]())

  const polyarch = (...args: readonly string[]) => set.folder.polyarch(args)

  it('lists its commands, and prints the version of the core', async () => {
    const { exitCode, stdout } = await polyarch('--help')
    expect(exitCode).toBe(0)
    for (const name of ['inspect', 'copy', 'assemble', 'tags', 'remove', 'promote', 'serve', 'doctor', 'explain']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
    expect(await polyarch('--version')).toMatchObject({ stdout: `${manifest.version}\n` })
  })

  it('makes an index of existing images, with the platforms and annotations that were given', async () => {
    const [amd64, arm] = [`${set.host}/bases/wide:1`, `${set.host}/bases/narrow:1`]
    const index = `${set.host}/made/index:1`
    const made = await polyarch('assemble', index, amd64, `linux/arm/v7=${arm}`, '--annotation', 'about=a=b')
    expect(made).toMatchObject({ exitCode: 0, stderr: '' })
    const digest = await digestAt(set.url, 'made/index', '1')
    expect(made.stdout).toMatch(new RegExp(`^${index} +now\\n {2}${digest}\\nlinux/amd64 .*\\nlinux/arm/v7 `))
    const { stdout } = await polyarch('inspect', index, '--json')
    expect(JSON.parse(stdout)).toMatchObject([
      { digest, manifest: { annotations: { about: 'a=b' } }, images: [{}, { declared: { variant: 'v7' } }] },
    ])
    const refused = await polyarch('assemble', index, amd64)
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('PLATFORM_MISSING') })
    expect(refused.stderr).toContain('more: npx @polyarch/cli explain PLATFORM_MISSING')
  })

  it('copies one platform into a directory, and prints the same as a build.ts', async () => {
    const to = `oci:${join(set.folder.path, 'layout')}:app`
    const args = ['copy', `${set.host}/made/index:1`, to, '--platform', 'linux/arm/v7']
    const copied = await polyarch(...args)
    expect(copied).toMatchObject({ exitCode: 0, stderr: '' })
    expect(copied.stdout).toMatch(/:app +now\n {2}sha256:/)
    expect(await set.folder.run(args)).toEqual(copied)
    const layout = JSON.parse(await readFile(join(set.folder.path, 'layout/index.json'), 'utf8'))
    expect(layout.manifests).toHaveLength(1)
  })

  it('adds, lists and removes tags, and prints the same as a build.ts', async () => {
    const repository = `${set.host}/made/index`
    expect(await polyarch('promote', `${repository}:1`, '2', 'stable')).toMatchObject({ exitCode: 0, stderr: '' })
    const listed = await polyarch('tags', repository)
    expect(listed).toEqual({ exitCode: 0, stdout: '1\n2\nstable\n', stderr: '' })
    expect(await set.folder.run(['tags', repository])).toEqual(listed)
    expect(await polyarch('remove', `${repository}:2`, `${repository}:stable`)).toEqual({
      exitCode: 0,
      stdout: `removed ${repository}:2\nremoved ${repository}:stable\n`,
      stderr: '',
    })
    expect(await polyarch('tags', repository, '--json')).toMatchObject({ stdout: '[\n  "1"\n]\n' })
    const missing = `${set.host}/made/nothing`
    expect(await polyarch('tags', missing)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `note: ${missing} does not exist or has no tags\n`,
    })
  })

  it('doctor checks the engine and the given registry, without a definition', async () => {
    const { exitCode, stdout } = await polyarch('doctor', '--registry', set.host)
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^ok +builder: Docker \d+/m)
    expect(stdout).toMatch(new RegExp(`^ok +registry ${set.host}: answers`, 'm'))
    expect(stdout).not.toContain('definition')
    const closed = await polyarch('doctor', '--registry', '127.0.0.1:1/team')
    expect(closed).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('error    registry 127.0.0.1:1: ') })
  })

  it.each([
    [['plan'], "'plan' needs a build.ts", 'run `polyarch build.ts plan`'],
    [['inspct'], "unknown command 'inspct'", 'did you mean inspect?'],
    [['inspect'], "missing required argument 'names'", 'run npx @polyarch/cli --help'],
    [['tags', '--load', 'x'], '--load: the flag does not exist', "'npx @polyarch/cli tags --help' lists the flags"],
    [['missing.ts', 'plan'], "'missing.ts' does not exist", 'npm create polyarch'],
  ])('%j is an error that has a hint', async (args, message, hint) => {
    const { exitCode, stdout, stderr } = await polyarch(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
  })

  it('runs a build.ts, by its name or as the default, as node does', async () => {
    const expected = await set.folder.run(['graph', '--no-plan'])
    expect(expected.exitCode).toBe(0)
    expect(await polyarch('build.ts', 'graph', '--no-plan')).toEqual(expected)
    const planned = await polyarch('./build.ts', 'plan', '--exit-code')
    expect(planned).toMatchObject({ exitCode: 3, stderr: '' })
    const wrong = await polyarch('build.ts', '--laod')
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("did you mean '--load'?") })
    await set.folder.write({ 'build.ts': 'enum Only { Tsx = "by tsx" }\nconsole.log(Only.Tsx, process.argv.length)\n' })
    expect(await polyarch()).toEqual({ exitCode: 0, stdout: 'by tsx 2\n', stderr: '' })
  })
})

it('polyarch build.ts works in a folder of npm init, which is CommonJS, with imports of other files', async () => {
  await using set = await stage('npm-init')
  const text = await readFile(join(set.folder.path, 'build.ts'), 'utf8')
  await set.folder.write({
    'images.ts': text.replace('const app', 'export const app').replace('run(app)', ''),
    'build.ts': "import { run } from '@polyarch/core'\nimport { app } from './images.js'\nrun(app)\n",
  })
  const { exitCode, stdout, stderr } = await set.folder.polyarch(['build.ts', 'plan', '--json'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(JSON.parse(stdout)).toMatchObject({ version: 1 })
})
