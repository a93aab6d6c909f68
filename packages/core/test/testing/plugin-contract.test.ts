import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type AnyBase, definePlugin, type Plugin } from '../../src/definition/plugin/plugin.js'
import type { RootfsKind } from '../../src/definition/plugin/rootfs-kind.js'
import { type ContractCases, pluginContract } from '../../src/testing/index.js'

const right: AnyBase = {
  platforms: ['linux/amd64', 'linux/arm/v6'],
  optionNames: ['release'],
  source: ({ options }) =>
    options.release === 'none'
      ? { kind: 'issue', option: 'release', message: "there is no release 'none'" }
      : {
          kind: 'registry',
          reference: `registry.example.com/base:${options.release ?? 1}`,
          configPolicy: 'require-match',
        },
}
const apt = { kind: 'apt', distribution: 'trees', suite: 'oak', components: ['main'], packages: [] } as const
const cases: ContractCases = {
  accepted: [{}, { release: '2' }],
  rejected: [{ platform: 'linux/amd64', options: { release: 'none' }, option: 'release' }],
}

/** The right answer, after something that a base may not do. */
function after(act: () => unknown): AnyBase['source'] {
  return (one) => {
    act()
    return right.source(one)
  }
}

/** A kind of a plugin's own. */
const leaves: RootfsKind<{ readonly forest: string; readonly architecture: string }> = {
  name: 'leaves',
  tools: [{ program: 'rake', package: 'rake' }],
  issues: ({ forest }) => (typeof forest === 'string' ? [] : ['forest must be a string']),
  describe: ({ forest }) => `leaves of ${forest}`,
  architecture: ({ architecture }) => architecture,
  lockName: ({ forest, architecture }) => `${forest}/${architecture}`,
  inputs: (source, state) => ({ ...source, state }),
  load: () => Promise.reject(new Error('a definition loads nothing')),
}

/** Answers with a base of that kind, in a changed form. */
function making(kind: object = {}, source: object = {}): Partial<AnyBase> {
  return {
    source: (one) =>
      one.options.release === 'none'
        ? right.source(one)
        : {
            kind: 'made',
            by: { ...leaves, ...kind },
            source: { forest: 'oak', architecture: one.platform.architecture, ...source },
          },
  }
}

/** The tests that a plugin does not pass, with their messages. */
function failedTests(
  base: AnyBase,
  change: Partial<Plugin> = {},
  tried = cases,
): readonly { readonly name: string; readonly message: string }[] {
  const create = () => ({ ...definePlugin({ name: 'polyarch-plugin-test', bases: { test: base } }), ...change })
  return pluginContract(create, { test: tried }).flatMap(({ name, run }) => {
    try {
      run()
      return []
    } catch (error) {
      return [{ name, message: (error as Error).message }]
    }
  })
}

/** Names of the tests that a plugin does not pass. */
function failures(...given: Parameters<typeof failedTests>): readonly string[] {
  return failedTests(...given).map(({ name }) => name)
}

describe('the contract of plugins', () => {
  it('is fulfilled by a correct plugin', () => {
    expect(failures(right)).toEqual([])
  })

  it('is fulfilled by a plugin with a kind of its own', () => {
    expect(failures({ ...right, ...making() })).toEqual([])
  })

  let count = 0
  it.each<[string, Partial<AnyBase>, string]>([
    ['a platform in another spelling', { platforms: ['linux/x86_64', 'linux/arm/v6'] }, 'lists its platforms'],
    ['a platform twice', { platforms: ['linux/amd64', 'linux/amd64'] }, 'lists its platforms'],
    ['a reserved option', { optionNames: ['release', 'variant'] }, 'has no option that platform(...) reserves'],
    [
      'no image name',
      { source: () => ({ kind: 'registry', reference: ':', configPolicy: 'require-match' }) },
      'supports every platform',
    ],
    ['a malformed answer', { source: () => ({ kind: 'rootfs', location: '/a', sha256: 'x' }) }, 'is valid with {}'],
    ['a refusal too few', { source: (one) => right.source({ ...one, options: {} }) }, 'rejects linux/amd64 with'],
    ['the clock', { source: (one) => (Date.now() > 0 ? right.source(one) : right.source(one)) }, 'is pure'],
    [
      'the environment',
      { source: (one) => right.source({ ...one, options: { release: process.env['HOME'] } }) },
      'is pure',
    ],
    ['a file', { source: after(() => existsSync('/etc')) }, 'is pure'],
    ['a promise of a file', { source: after(() => stat('/etc')) }, 'is pure'],
    ['a process', { source: after(() => spawnSync('true')) }, 'is pure'],
    [
      'a request',
      {
        source: after(() =>
          request('http://127.0.0.1:9')
            .on('error', () => {})
            .destroy(),
        ),
      },
      'is pure',
    ],
    [
      'a connection',
      {
        source: after(() =>
          connect(9, '127.0.0.1')
            .on('error', () => {})
            .destroy(),
        ),
      },
      'is pure',
    ],
    ...(['2026-02-30', '2026-13-01', '2026-4-1'] as const).map((endOfLife): [string, Partial<AnyBase>, string] => [
      `the day ${endOfLife}`,
      { source: (one) => ({ ...right.source(one), endOfLife }) as never },
      'is valid with {}',
    ]),
    [
      'packages of another machine',
      { source: () => ({ ...apt, architecture: 'amd64', variant: 'apt' }) },
      'returns the source for the requested platform',
    ],
    [
      'one archive for two platforms',
      {
        source: ({ platform }) => ({
          kind: 'rootfs',
          location: `https://example.com/${platform.architecture}.tar`,
          sha256: 'a'.repeat(64),
        }),
      },
      'returns the source for the requested platform',
    ],
    ['a kind without a name', making({ name: undefined }), 'is valid with {}'],
    ['a kind under a name of the core', making({ name: 'apt' }), 'is valid with {}'],
    ['a kind without a method', making({ describe: 'leaves' }), 'is valid with {}'],
    ['a kind that keeps states as a text', making({ keepsStates: 'yes' as never }), 'is valid with {}'],
    ['a kind with tools as a text', making({ tools: 'rake' }), 'is valid with {}'],
    ['a source that its kind rejects', making({}, { forest: 5 }), 'is valid with {}'],
    ['a kind whose packages are for another machine', making({}, { architecture: 's390x' }), 'returns the source for'],
    ['a kind with a line break in a name', making({}, { forest: 'a\nb' }), 'names and keys the bases'],
    ['a kind whose key lacks the state of the archive', making({ inputs: () => ({}) }), 'names and keys the bases'],
    ['a kind that counts', making({ lockName: () => String(count++) }), 'names and keys the bases'],
    ['a counter', { source: (one) => right.source({ ...one, options: { release: String(count++) } }) }, 'is pure'],
    ['a function in an answer', { source: (one) => ({ ...right.source(one), later: () => 1 }) as never }, 'plain data'],
  ])('is violated by %s', (_what, change, test) => {
    expect(failures({ ...right, ...change })).toContainEqual(expect.stringContaining(test))
  })

  it('is violated by another contract version, an invalid package name, and an alias without a base', () => {
    expect(failures(right, { contract: 2 })).toContain('is a plugin of contract 1, with the name of an npm package')
    expect(failures(right, { name: 'Not a name' })).toContain(
      'is a plugin of contract 1, with the name of an npm package',
    )
    const aliases = { board: { platform: 'linux/arm64', base: 'test' } }
    expect(failures(right, { aliases })).toContain("has the base of the platform alias 'board'")
  })

  it('is violated by a platform that no case covers', () => {
    const narrow: AnyBase = {
      ...right,
      source: (one) => (one.platform.architecture === 'arm' ? { kind: 'issue', message: 'no' } : right.source(one)),
    }
    expect(failures(narrow)).toEqual(['test supports every platform that it lists'])
  })

  it.each<[string, Partial<AnyBase>, string]>([
    [
      'a platform in another spelling',
      { platforms: ['linux/x86_64', 'linux/arm/v6'] },
      "'linux/x86_64' is not a platform in normal form: write 'linux/amd64'",
    ],
    [
      'a reserved option',
      { optionNames: ['release', 'variant'] },
      'platform(…) reserves the option variant: use another name',
    ],
    [
      'a rejected option that is accepted',
      { source: (one) => right.source({ ...one, options: {} }) },
      'the base accepts it: return an issue from source, or validate the option in its schema',
    ],
    [
      'a counter',
      { source: (one) => right.source({ ...one, options: { release: String(count++) } }) },
      'source returns another result when it is called again: use the platform and the options only\n',
    ],
    [
      'a malformed answer',
      { source: () => ({ kind: 'rootfs', location: '/a', sha256: 'x' }) },
      'invalid result: sha256',
    ],
  ])('reports what to do about %s', (_what, change, text) => {
    const messages = failedTests({ ...right, ...change }).map(({ message }) => message)
    expect(messages).toContainEqual(expect.stringContaining(text))
    // The reader is the author.
    for (const message of messages) expect(message).not.toContain('report it to the author')
  })
})
