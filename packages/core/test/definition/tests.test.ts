import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import { fromImage, pipeline, platform, type TestSettings } from '../../src/index.js'
import { faultsOf } from './definitions.js'

const app = (tests: unknown, own?: TestSettings) =>
  pipeline('registry.example.com/app')
    .platforms(
      platform('amd64', { base: fromImage('alpine') }),
      platform('arm64', { base: fromImage('alpine'), ...(own && { test: own }) }),
    )
    .test(tests as TestSettings)
    .tags('1')

describe('tests of a pipeline', () => {
  it('are replaced by name and removed for a platform', () => {
    const shared: TestSettings = { one: { command: ['a'] }, two: { command: ['b'] } }
    const own: TestSettings = { one: false, two: { path: '/b', mode: 0o755 }, three: { size: { max: '1k' } } }
    const { pipelines } = compile([app(shared, own)], { directory: '/work' })
    const [amd64, arm64] = pipelines[0]?.platforms ?? []
    expect(amd64?.tests.map(({ name, kind }) => [name, kind])).toEqual([
      ['one', 'command'],
      ['two', 'command'],
    ])
    expect(arm64?.tests).toEqual([
      {
        kind: 'file',
        name: 'two',
        path: '/b',
        shouldExist: true,
        mode: 0o755,
        expectedContent: [],
        excludedContent: [],
      },
      { kind: 'size', name: 'three', max: 1024 },
    ])
  })

  it('are plain data, with the paths of this machine resolved and patterns without a position', () => {
    const test = { command: ['x'], mount: { source: 'smoke', target: '/t' }, expectedOutput: ['a', /b/gi] }
    const { pipelines } = compile([app({ test })], { directory: '/work' })
    expect(JSON.parse(JSON.stringify(pipelines[0]?.platforms[0]?.tests))).toMatchObject([
      { mount: { source: '/work/smoke', target: '/t' }, expectedOutput: [{ text: 'a' }, { pattern: 'b', flags: 'i' }] },
    ])
  })

  it.each([
    [{ one: { comand: ['x'] } }, 'exactly one of the fields'],
    [{ one: { command: ['x'], path: '/y' } }, 'exactly one of the fields'],
    [{ one: { command: 'x' } }, 'must be a list of strings'],
    [{ one: { command: [] } }, 'has no program'],
    [{ one: { command: ['x'], expectOutput: 'y' } }, "unknown field 'expectOutput'"],
    [{ one: { command: ['x'], expectedOutput: '' } }, 'an empty string, which every text contains'],
    [{ one: { command: ['x'], expectedOutput: [] } }, 'must be a string, a RegExp, or a list'],
    [{ one: { command: ['x'], exitCode: -1 } }, 'must be a number'],
    [{ one: { command: ['x'], timeout: 0 } }, 'milliseconds above 0'],
    [{ one: { command: ['x'], mount: { source: '.', target: '/' } } }, "absolute path below '/'"],
    [{ one: { path: 'relative' } }, 'must be an absolute path'],
    [{ one: { path: '/x', mode: '0999' } }, 'must be permission bits'],
    [{ one: { path: '/x', uid: 'root' } }, 'must be a number, not a name'],
    [{ one: { path: '/x', shouldExist: false, uid: 0 } }, 'contradicts shouldExist: false'],
    [{ one: { metadata: { users: 'x' } } }, "unknown field 'users'"],
    [{ one: { metadata: { exposedPorts: [70_000] } } }, 'must be a list of ports'],
    [{ one: { size: {} } }, 'has neither min nor max'],
    [{ one: { run: 'x' } }, 'must be a function'],
    [{ one: false }, "no test 'one' to remove"],
    [{ one: null }, 'must be a test'],
    [{ ' one': { command: ['x'] } }, 'printable characters'],
    [[], 'must be an object of tests by name'],
  ])('are rejected: %j', (tests, message) => {
    expect(faultsOf([app(tests)]).map((issue) => issue.message)).toContainEqual(expect.stringContaining(message))
  })
})
