import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestAt, type Stage, stage } from './stage.js'

const buildText = (host: string, tests: string): string => `
const app = pipeline('${host}/team/app')
  .platforms(
    platform('amd64', { base: fromImage('${host}/bases/wide:1') }),
    platform('arm', { variant: 'v7', base: fromImage('${host}/bases/narrow:1') }),
  )
  .build({ context: 'app', fileModes: 'git' })
  .test(${tests})
  .tags('1.0')
run(app)
`

const PASSING = `{
  'names its base': { command: ['cat', '/built'], expectedOutput: 'built on tiny' },
  'has a shell': { path: '/bin/sh', type: 'file' },
}`
const FAILING = `{ machine: { command: ['uname', '-m'], expectedOutput: 'x86_64' } }`

describe('build.ts with tests', () => {
  let set: Stage
  beforeAll(async () => {
    set = await stage()
    await set.folder.writeBuild(buildText(set.host, PASSING))
  })
  afterAll(() => set[Symbol.asyncDispose]())

  const published = () => digestAt(set.url, 'team/app', '1.0')
  const fileOf = (name: string) => readFile(join(set.folder.path, name), 'utf8')

  it('runs them without moving a tag, and writes JUnit XML', async () => {
    const { exitCode, stdout, stderr } = await set.folder.run(['test', '--junit', 'tests.xml'])
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
    expect(stdout).toMatch(/^app +test\(linux\/arm\/v7: names its base\) +passed in /m)
    expect(stderr).toContain('report written to tests.xml')
    expect(await fileOf('tests.xml')).toContain(
      '<testsuites name="polyarch" tests="4" failures="0" errors="0" skipped="0"',
    )
    expect(await published()).toBeUndefined()
  })

  it('publishes what has passed without testing it again, and reads the records of an image once', async () => {
    const { exitCode, stdout } = await set.folder.run([])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^app +test\(linux\/amd64: has a shell\) +passed before /m)
    expect(await published()).toBeDefined()
    set.requests()
    expect(await set.folder.run([])).toMatchObject({ exitCode: 0 })
    const requests = set.requests()
    expect(requests.filter((request) => request.includes('/referrers/'))).toHaveLength(2)
    expect(requests.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([])
  })

  it('moves no tag if one fails on arm only, and reports its output', async () => {
    const before = await published()
    await set.folder.writeBuild(buildText(set.host, FAILING).replace("'1.0'", "'1.0', '2.0'"))
    const { exitCode, stderr } = await set.folder.run(['--keep-going', '--junit', 'tests.xml'])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^error: app test\(linux\/arm\/v7: machine\): test 'machine' failed: uname -m: /m)
    expect(stderr).toContain('its output does not contain "x86_64"\n  | armv7l')
    expect(stderr).toContain('\ncode: TEST_FAILED\n')
    expect(await fileOf('tests.xml')).toMatch(
      /<failure message="test &#39;machine&#39; failed: .*" type="TEST_FAILED">/,
    )
    expect(await published()).toBe(before)
    expect(await digestAt(set.url, 'team/app', '2.0')).toBeUndefined()
  })

  it('reports that they are skipped', async () => {
    const planned = await set.folder.run(['plan', '--skip-tests'])
    expect(planned.stdout).toMatch(/^skip +app test\(linux\/arm\/v7: machine\)/m)
    const { exitCode, stdout, stderr } = await set.folder.run(['--skip-tests'])
    expect(exitCode).toBe(0)
    for (const text of [planned.stdout, stdout, stderr])
      expect(text).toContain('note: TESTS ARE SKIPPED: 2 tests do not run')
    expect(await digestAt(set.url, 'team/app', '2.0')).toBeDefined()
  })

  it('draws them in the graph', async () => {
    const { stdout } = await set.folder.run(['graph', '--no-plan', '--format', 'mermaid'])
    expect(stdout).toContain('{{"test linux/arm/v7 machine"}}')
  })
})
