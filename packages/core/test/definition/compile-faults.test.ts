import { describe, expect, it } from 'vitest'
import type { BuildSettings } from '../../src/definition/declare/build-settings.js'
import type { PlatformDeclaration } from '../../src/definition/declare/declaration.js'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import type { Issue } from '../../src/model/errors.js'
import { faultsOf, NAME, plugin, simple, start } from './definitions.js'

/** Compiles what the types refuse: what a user without a type check may write. */
function unchecked(architecture: string, settings: object): PlatformDeclaration<never, never> {
  return platform(architecture, settings as never)
}

describe('what a definition rejects', () => {
  it.each<[string, () => readonly Issue[], string, string]>([
    [
      'a base that no plugin has',
      () => faultsOf([start.platforms(unchecked('amd64', { base: 'wid' }))]),
      "named 'wid'",
      "did you mean 'wide'?",
    ],
    [
      'a base that no plugin has, where another one might',
      () => faultsOf([start.platforms(unchecked('amd64', { base: 'raspbian' }))]),
      "named 'raspbian'",
      "; for an image write fromImage('raspbian')",
    ],
    [
      'the name of an image as a base, where there is no plugin',
      () => faultsOf([pipeline(NAME).platforms(unchecked('amd64', { base: 'debian:trixie' }))]),
      "named 'debian:trixie'",
      "add its plugin with .use(…); for an image write fromImage('debian:trixie')",
    ],
    [
      'an option that fromImage does not have',
      () => faultsOf([pipeline(NAME).platforms(platform('amd64', { base: fromImage('a:1', { verfy: {} } as never) }))]),
      "option 'verfy' of fromImage(…) does not exist",
      "did you mean 'verify'?",
    ],
    [
      'a format that does not exist',
      () => faultsOf([simple.format('dokcer' as never)]),
      "format 'dokcer' does not exist",
      "did you mean 'docker'?",
    ],
    [
      'a tag that is a number',
      () => faultsOf([simple.tags(2 as never)]),
      '2 is not a string',
      "write .tags('1.0', 'latest')",
    ],
    [
      'an issue of the plugin',
      () => faultsOf([start.platforms(platform('amd64', { base: 'wide', release: 'two' }))]),
      "release 'two' does not exist",
      "there is: 'one'",
    ],
    [
      'an option that the base does not have',
      () => faultsOf([start.platforms(unchecked('amd64', { base: 'wide', relase: 'one' }))]),
      "no option 'relase'",
      "did you mean 'release'?",
    ],
    [
      'a platform that the base does not have',
      () => faultsOf([start.platforms(platform('arm', { variant: 'v6', base: 'narrow' }))]),
      "base 'narrow' does not support linux/arm/v6",
      "use base 'wide'",
    ],
    [
      'an unknown architecture',
      () => faultsOf([start.platforms(platform('x86_86', { base: 'wide' }))]),
      "unknown architecture 'x86_86'",
      "did you mean 'x86_64'?",
    ],
    [
      'an unknown variant',
      () => faultsOf([start.platforms(platform('arm', { variant: 'v99', base: 'wide' }))]),
      "unknown variant 'v99' of arm",
      'v5, v6, v7, v8',
    ],
    [
      'a platform twice',
      () => faultsOf([start.platforms(platform('arm', { base: 'wide' }), platform('armhf', { base: 'wide' }))]),
      'linux/arm/v7 is declared twice',
      'remove one',
    ],
    ['a pipeline without platforms', () => faultsOf([start.tags('1')]), 'the pipeline has no platforms', '.platforms('],
    ['an invalid tag', () => faultsOf([simple.tags('not a tag')]), "'not a tag' is not valid", 'letters'],
    [
      'an unknown build option',
      () => faultsOf([simple.build({ contxt: '.' } as never)]),
      "build option 'contxt' does not exist",
      "did you mean 'context'?",
    ],
    [
      'a build arg that is no text, number or boolean',
      () => faultsOf([simple.build({ args: { JOBS: [1] } } as never)]),
      'must be a string, a number or a boolean, but is object',
      '',
    ],
    [
      'a build arg that has no usual form as a text',
      () => faultsOf([simple.build({ args: { JOBS: Number.NaN } })]),
      'must be a string, a number or a boolean, but is NaN',
      '',
    ],
    [
      'a label that is a number',
      () => faultsOf([simple.build({ labels: { revision: 1 } } as never)]),
      'must be a string, but is 1',
      '',
    ],
    [
      'an option by the name that it has elsewhere',
      () => faultsOf([simple.build({ 'dockerfile-inline': 'FROM scratch' } as never)]),
      "build option 'dockerfile-inline' does not exist",
      "'dockerfileInline'",
    ],
    ['a size that is none', () => faultsOf([simple.build({ shmSize: 'much' })]), 'must be a number of bytes', ''],
    [
      'a limit that is none',
      () => faultsOf([simple.build({ ulimits: ['nofile'] })]),
      "'nofile' is not valid: write 'nofile=1024:2048'",
      '',
    ],
    [
      'a secret by its value alone',
      () => faultsOf([simple.build({ secrets: { token: 'hunter2' } } as never)]),
      "'token' is not valid: write { file",
      '',
    ],
    [
      'a secret with a comma in its id',
      () => faultsOf([simple.build({ secrets: { 'a,b': { env: 'A' } } })]),
      "'a,b' is not a valid id",
      '',
    ],
    [
      'an ssh agent that is none',
      () => faultsOf([simple.build({ ssh: { default: { keys: [] } } })]),
      "'default' is not valid: write 'agent'",
      '',
    ],
    [
      'a URL that is no repository as a context',
      () => faultsOf([simple.build({ context: 'https://example.com/context.tar.gz' })]),
      'end in .git',
      '',
    ],
    [
      'a context that is none',
      () => faultsOf([simple.build({ context: { tar: 1 } } as never)]),
      'must be a directory, a git URL',
      '',
    ],
    [
      'two Dockerfiles',
      () => faultsOf([simple.build({ dockerfile: 'a', dockerfileInline: 'FROM scratch' })]),
      'dockerfile is set too',
      'remove one',
    ],
    [
      'an unknown placeholder',
      () => faultsOf([simple.platformNames('{repository}-{architecture}')]),
      'placeholder {architecture}',
      '{arch}',
    ],
    [
      'one name for two images',
      () => faultsOf([simple.platforms(platform('arm', { base: 'wide' })).platformNames('{repository}:{tag}-x')]),
      'is published twice',
      'change one of the names',
    ],
    [
      'two pipelines with one tag',
      () =>
        faultsOf([
          simple,
          pipeline(NAME, { name: 'other' })
            .use(plugin)
            .platforms(platform('amd64', { base: 'narrow' }))
            .tags('1.0'),
        ]),
      'is published twice',
      'change one of the names',
    ],
    [
      'a base pipeline without the platform',
      () => faultsOf([pipeline('registry.example.com/top').platforms(platform('arm', { base: simple }))]),
      'pipeline app has no linux/arm/v7',
      'it has linux/amd64',
    ],
    [
      'a platform without a base',
      () => faultsOf([start.platforms(unchecked('amd64', {}))]),
      'has no base',
      'fromImage',
    ],
    [
      'an invalid image as a base',
      () => faultsOf([start.platforms(platform('amd64', { base: fromImage('Not Valid') }))]),
      'not a valid image name',
      'host/path:tag',
    ],
    [
      'an os version that is no text',
      () => faultsOf([start.platforms(unchecked('amd64', { base: 'wide', osVersion: 10 }))]),
      'must be a string',
      '10.0',
    ],
    [
      'a file: URL that is no path',
      () => faultsOf([simple.build({ context: new URL('file:///%zz') })]),
      'or a file: URL',
      '',
    ],
    [
      'a Dockerfile on another host',
      () => faultsOf([simple.build({ dockerfile: new URL('file://host/Dockerfile') })]),
      'or a file: URL',
      '',
    ],
    [
      'a secret in a path with an escaped slash',
      () => faultsOf([simple.build({ secrets: { token: { file: new URL('file:///a%2Fb') } } })]),
      'token',
      '',
    ],
    ['no pipeline at all', () => faultsOf([]), 'no pipeline was given', 'run(pipeline'],
  ])('%s', (_what, faults, message, hint) => {
    const reported = faults()
    expect(reported).toHaveLength(1)
    expect(reported[0]?.message).toContain(message)
    expect(reported[0]?.hint ?? '').toContain(hint)
  })

  it('reports all faults together', () => {
    const faults = faultsOf([
      start.platforms(unchecked('amd46', { base: 'wdie' }), unchecked('arm', { base: 'nrrow' })).tags('-', 'ok'),
    ])
    expect(faults.map(({ path }) => path)).toEqual([
      `pipeline('${NAME}').tags`,
      `pipeline('${NAME}').platforms[0]`,
      `pipeline('${NAME}').platforms[0].base`,
      `pipeline('${NAME}').platforms[1].base`,
    ])
  })

  it('a plugin of another contract, naming both', () => {
    const newer = { ...plugin, contract: 2 }
    const [fault] = faultsOf([
      pipeline(NAME)
        .use(newer as typeof plugin)
        .platforms(platform('amd64', { base: 'wide' })),
    ])
    expect(fault?.message).toBe('test uses plugin contract 2, this @polyarch/core supports 1')
  })

  it('a cycle by name: a base that the pipeline standing on it publishes', () => {
    const lower = pipeline('registry.example.com/lower')
      .platforms(platform('amd64', { base: fromImage('registry.example.com/upper:1') }))
      .tags('1')
    const upper = pipeline('registry.example.com/upper')
      .platforms(platform('amd64', { base: lower }))
      .tags('1')
    expect(faultsOf([lower, upper])[0]?.message).toContain('which is based on it')
  })
})

describe('a fault of what all platforms share', () => {
  const amd64 = platform('amd64', { base: 'wide' })
  const two = start.platforms(amd64, platform('arm', { variant: 'v7', base: 'wide' })).tags('1.0')

  it.each<[string, BuildSettings, string]>([
    ['a value', { args: { JOBS: null } } as never, '.build.args.JOBS'],
    ['an unknown option', { contxt: '.' } as never, '.build.contxt'],
    [
      'a function that throws',
      {
        target: () => {
          throw new Error('no')
        },
      },
      '.build.target',
    ],
    ['a value of a function', { labels: () => ({ a: 1 }) as never }, '.build.labels.a'],
  ])('is reported once, by the path that the author wrote: %s', (_what, settings, path) => {
    expect(faultsOf([two.build(settings)]).map((fault) => fault.path)).toEqual([
      expect.stringMatching(new RegExp(`^pipeline\\('[^']+'\\)${path.replaceAll('.', '\\.')}$`)),
    ])
  })

  it('is reported at the platform if it was written there', () => {
    const build = { args: { JOBS: null } } as never
    const own = start.platforms(amd64, platform('arm', { variant: 'v7', base: 'wide', build })).tags('1.0')
    expect(faultsOf([own])).toMatchObject([{ path: expect.stringMatching(/\.platforms\[1\]\.build\.args\.JOBS$/) }])
  })
})
