import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { type CompileOptions, compile } from '../../src/definition/compile/compile.js'
import type { BaseAnswer } from '../../src/definition/declare/base/base-source.js'
import { defineBase } from '../../src/definition/declare/base/define-base.js'
import { type Base, definePlugin, type Plugin } from '../../src/definition/declare/base/plugin.js'
import { type Pipeline, pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import type { Definition } from '../../src/definition/definition.js'
import { DefinitionError, type Issue } from '../../src/model/errors.js'
import { plugin, start } from './definitions.js'

const image = { kind: 'registry', reference: 'registry.example.com/base:1', configPolicy: 'require-match' } as const
const apt = {
  kind: 'apt',
  distribution: 'debian',
  suite: 'bookworm',
  architecture: 'amd64',
  components: ['main'],
  packages: [],
  variant: 'minbase',
} as const

function compiled(one: Pipeline, options: CompileOptions = {}): Definition {
  return compile([one.tags('1')], options)
}

function faultsOf(one: Pipeline): readonly Issue[] {
  try {
    compiled(one)
  } catch (error) {
    if (error instanceof DefinitionError) return error.issues
    throw error
  }
  return []
}

/** A pipeline on a base that gives one answer, whatever it is asked. */
function answering(answer: unknown, build = {}): Pipeline {
  const base: Base = { platforms: ['linux/amd64'], optionNames: [], source: () => answer as BaseAnswer }
  return pipeline('registry.example.com/app')
    .use(definePlugin({ name: 'polyarch-plugin-test', bases: { test: base } }))
    .platforms(platform('amd64', { base: 'test', build }))
}

describe('options that schemas describe', () => {
  const zodBase = defineBase({
    platforms: ['linux/amd64'],
    options: { release: z.enum(['old', 'new']).default('new'), depth: z.number().int().optional() },
    source: ({ options }) => ({ ...image, reference: `registry.example.com/base:${options.release}` }),
  })
  const valibotBase = defineBase({
    platforms: ['linux/amd64'],
    options: { release: v.picklist(['oak', 'elm']) },
    source: ({ options }) => ({ ...image, reference: `registry.example.com/tree:${options.release}` }),
  })
  const use = pipeline('registry.example.com/app').use(
    definePlugin({ name: 'schemas', bases: { fruit: zodBase, tree: valibotBase } }),
  )

  it('are those of platform(...), with defaults filled in', () => {
    expectTypeOf(zodBase).toEqualTypeOf<
      Base<{ readonly release?: 'old' | 'new' | undefined; readonly depth?: number | undefined }>
    >()
    expectTypeOf(valibotBase).toEqualTypeOf<Base<{ readonly release: 'oak' | 'elm' }>>()
    const one = use.platforms(platform('amd64', { base: 'fruit' }))
    expect(compiled(one).pipelines[0]?.platforms[0]?.base).toMatchObject({ reference: { tag: 'new' } })
    const other = use.platforms(platform('amd64', { base: 'tree', release: 'elm' }))
    expect(compiled(other).pipelines[0]?.platforms[0]?.base).toMatchObject({ reference: { tag: 'elm' } })
  })

  it('are refused at the property, all of them, by the compiler and when the pipeline is planned', () => {
    const wrong = use.platforms(
      platform('amd64', {
        base: 'fruit',
        // @ts-expect-error no such release
        release: 'nwe',
        // @ts-expect-error not a number
        depth: 'deep',
      }),
    )
    const issues = faultsOf(wrong)
    expect(issues.map(({ path }) => path.replace(/.*\./, ''))).toEqual(['release', 'depth'])
    expect(issues[0]?.message).toContain('new')
    // @ts-expect-error it has no default
    expect(faultsOf(use.platforms(platform('amd64', { base: 'tree' })))).toHaveLength(1)
  })

  it('are refused by name where there is no such option', () => {
    const wrong = use.platforms(
      platform('amd64', {
        base: 'fruit',
        // @ts-expect-error misspelt
        relase: 'new',
      }),
    )
    expect(faultsOf(wrong)).toMatchObject([{ hint: "did you mean 'release'?" }])
  })

  it('have to be answered at once', () => {
    const later = defineBase({
      platforms: ['linux/amd64'],
      options: {
        release: v.pipeAsync(
          v.string(),
          v.checkAsync(async () => true),
        ),
      },
      source: () => image,
    })
    const one = pipeline('registry.example.com/app')
      .use(definePlugin({ name: 'later', bases: { later } }))
      .platforms(platform('amd64', { base: 'later', release: 'x' }))
    expect(faultsOf(one)).toMatchObject([{ message: 'its schema is asynchronous' }])
  })
})

describe('what a base brings along', () => {
  it('is build args, under those of the definition, annotations and a check', () => {
    const answer = { ...image, buildArgs: { LIBC: 'musl', JOBS: '2' }, annotations: { a: 'b' }, check: ['true'] }
    const [{ base, build } = {}] = compiled(answering(answer, { args: { JOBS: '1' } })).pipelines[0]?.platforms ?? []
    expect(base).toEqual({ kind: 'registry', reference: expect.anything(), configPolicy: 'require-match' })
    expect(build).toMatchObject({ args: { LIBC: 'musl', JOBS: '1' }, annotations: { a: 'b' }, check: ['true'] })
  })

  it('is refused where Docker’s media types cannot hold it', () => {
    expect(faultsOf(answering({ ...image, annotations: { a: 'b' } }).format('docker'))).toMatchObject([
      { path: expect.stringContaining('platforms[0].base'), message: expect.stringContaining('have no annotations') },
    ])
  })

  it.each([
    ['the day itself', '2026-04-30', []],
    [
      'the day after',
      '2026-05-01',
      ["base 'test' for linux/amd64 gets no more updates: its end of life was 2026-04-30"],
    ],
  ])('is an end of life, which is a warning: %s', (_what, day, notes) => {
    const definition = compiled(answering({ ...image, endOfLife: '2026-04-30' }), { today: new Date(day) })
    expect(definition.notes).toEqual(notes)
  })
})

describe('a pipeline as the base that a plugin supplies', () => {
  it('is built first, as if it had been written there', () => {
    const lower = pipeline('registry.example.com/lower')
      .use(plugin)
      .platforms(platform('amd64', { base: 'narrow' }))
    const { pipelines } = compiled(answering({ kind: 'pipeline', pipeline: lower }))
    expect(pipelines.map(({ writtenRepository }) => writtenRepository)).toEqual([
      lower.declaration.repository,
      'registry.example.com/app',
    ])
    expect(pipelines[1]?.platforms).toMatchObject([{ base: { kind: 'pipeline', pipeline: pipelines[0]?.name } }])
  })
})

describe('words for platforms', () => {
  const board = (words: Plugin['words']) => {
    const bases = { small: { platforms: ['linux/arm/v6'], optionNames: [], source: () => image } satisfies Base }
    return { ...definePlugin({ name: 'polyarch-plugin-board', bases }), words }
  }
  const start = pipeline('registry.example.com/app')

  it('mean a platform and a base', () => {
    const one = start.use(board({ 'small-board': { platform: 'linux/arm/v6', base: 'small' } }))
    const { pipelines } = compiled(one.platforms(platform('small-board', {} as never)))
    expect(pipelines[0]?.platforms).toMatchObject([
      { platform: { architecture: 'arm', variant: 'v6' }, base: { kind: 'registry' } },
    ])
  })

  it.each([
    ['the name of an architecture', { armhf: { platform: 'linux/arm/v6', base: 'small' } }, 'name of an architecture'],
    ['a base that there is not', { board: { platform: 'linux/arm/v6', base: 'smal' } }, "no base 'smal'"],
    ['a platform that there is not', { board: { platform: 'linux/pi', base: 'small' } }, 'not a platform'],
  ])('are refused for %s', (_what, words, message) => {
    const one = start.use(board(words)).platforms(platform('arm/v6', { base: 'small' }))
    expect(faultsOf(one)).toContainEqual(expect.objectContaining({ message: expect.stringContaining(message) }))
  })

  it('are refused where two plugins have one', () => {
    const words = { board: { platform: 'linux/arm/v6', base: 'small' } }
    const one = start.use(board(words), board(words)).platforms(platform('board', {} as never))
    expect(faultsOf(one)).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('another plugin') }),
    )
  })
})

describe('a plugin that cannot be used', () => {
  it('because it is newer is refused by a sentence that names both contracts', () => {
    const newer = { ...definePlugin({ name: 'polyarch-plugin-newer', bases: {} }), contract: 2 } satisfies Plugin
    expect(faultsOf(start.use(newer).platforms(platform('amd64', { base: 'wide' })))).toMatchObject([
      {
        message: 'polyarch-plugin-newer uses plugin contract 2, this @polyarch/core supports 1',
        hint: 'install a newer @polyarch/core',
      },
    ])
  })

  it('because it claims a reserved word, written without types', () => {
    const greedy: Base = { platforms: ['linux/amd64'], optionNames: ['variant' as never], source: () => image }
    const one = start.use({ ...definePlugin({ name: 'greedy', bases: {} }), bases: { greedy } })
    expect(faultsOf(one)).toContainEqual(expect.objectContaining({ message: expect.stringContaining("'variant'") }))
  })

  it.each([
    ['nothing', undefined, 'not an object'],
    ['a promise', Promise.resolve(image), 'promise'],
    [
      'a kind that this core does not know',
      { kind: 'apk' },
      "kind 'apk' is unknown; this @polyarch/core supports registry, apt",
    ],
    ['an image without a reference', { ...image, reference: '' }, 'reference must be a string'],
    ['a policy that there is not', { ...image, configPolicy: 'hope' }, 'configPolicy must be'],
    ['packages that are no list', { kind: 'apt', packages: 'curl' }, 'packages must be a list'],
    ['an option in a suite', { ...apt, suite: '-o=APT::Update::Pre-Invoke=id' }, 'suite: "-o=APT'],
    ['a line break in a suite', { ...apt, suite: 'sid\ndeb' }, 'suite: "sid\\ndeb" is not valid'],
    ['a suite above its folder', { ...apt, suite: 'a/../../x' }, 'suite: "a/../../x" is not valid'],
    ['an option in a component', { ...apt, components: ['main', '[trusted=yes]'] }, 'components: "[trusted=yes]"'],
    ['a space in an architecture', { ...apt, architecture: 'amd64 i386' }, 'architecture: "amd64 i386"'],
    ['a mirror with an option', { ...apt, mirror: '[trusted=yes] http://a' }, 'mirror "[trusted=yes] http://a"'],
    ['a mirror with a line', { ...apt, mirror: 'http://a\ndeb http://b' }, 'is not an http or https URL'],
    ['a mirror of another kind', { ...apt, mirror: 'file:///etc' }, 'is not an http or https URL'],
    ['an option for a package', { ...apt, packages: ['-oDpkg::Pre-Invoke::=id'] }, 'package "-oDpkg'],
    ['two packages in one', { ...apt, packages: ['curl,-y'] }, 'package "curl,-y" is not valid'],
    ['a variant that there is not', { ...apt, variant: '-' }, 'variant must be minbase'],
    ['keys that are no texts', { kind: 'apt', keys: ['key'] }, 'keys must be armored public keys'],
    [
      'a key under another name',
      { kind: 'apt', keys: { ABCD: 'key' } },
      'the value of ABCD is not an armored OpenPGP public key',
    ],
    ['an archive without a checksum', { kind: 'rootfs', location: '/a.tar' }, 'sha256 must be'],
    ['no pipeline', { kind: 'pipeline', pipeline: 'sdk' }, "pipeline('…')"],
    ['a check that is no command', { ...image, check: 'true' }, 'check must be a command'],
    ['a day that there is not', { ...image, endOfLife: '2026-13-45' }, 'endOfLife must be a date'],
    ['args that are no texts', { ...image, buildArgs: { JOBS: 1 } }, 'buildArgs must be strings'],
  ])('because it answers %s, is named', (_what, answer, message) => {
    const issue = { hint: 'report it to the author of polyarch-plugin-test', message: expect.stringContaining(message) }
    expect(faultsOf(answering(answer))).toContainEqual(expect.objectContaining(issue))
  })

  it('because it throws, is named beside all other issues', () => {
    const thrower: Base = {
      platforms: ['linux/amd64'],
      optionNames: [],
      source: () => {
        throw new TypeError('oops')
      },
    }
    const one = start
      .use(definePlugin({ name: 'polyarch-plugin-thrower', bases: { thrower } }))
      .platforms(platform('amd64', { base: 'thrower' }), platform('arm', { base: 'wide', release: 'two' }))
    expect(faultsOf(one).map(({ message }) => message)).toEqual([
      "base 'thrower' of polyarch-plugin-thrower failed: oops",
      "release 'two' does not exist",
    ])
  })
})
