import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { defineBase } from '../../src/definition/plugin/define-base.js'
import { type Base, definePlugin, type Plugin } from '../../src/definition/plugin/plugin.js'
import { plugin } from './definitions.js'

import { answering, compiled, image, issuesOf } from './plugin-answers.js'

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

  it('are rejected at the property, all of them, by the compiler and when the pipeline is planned', () => {
    const wrong = use.platforms(
      platform('amd64', {
        base: 'fruit',
        // @ts-expect-error no such release
        release: 'nwe',
        // @ts-expect-error not a number
        depth: 'deep',
      }),
    )
    const issues = issuesOf(wrong)
    expect(issues.map(({ path }) => path.replace(/.*\./, ''))).toEqual(['release', 'depth'])
    expect(issues[0]?.message).toContain('new')
    // @ts-expect-error it has no default
    expect(issuesOf(use.platforms(platform('amd64', { base: 'tree' })))).toHaveLength(1)
  })

  it('are rejected by name if there is no such option', () => {
    const wrong = use.platforms(
      platform('amd64', {
        base: 'fruit',
        // @ts-expect-error misspelt
        relase: 'new',
      }),
    )
    expect(issuesOf(wrong)).toMatchObject([{ hint: "did you mean 'release'?" }])
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
    expect(issuesOf(one)).toMatchObject([{ message: 'its schema is asynchronous' }])
  })
})

describe('what a base brings along', () => {
  it('is build args, under those of the definition, annotations and a test', () => {
    const answer = { ...image, buildArgs: { LIBC: 'musl', JOBS: '2' }, annotations: { a: 'b' }, check: ['true'] }
    const [{ base, build, tests } = {}] =
      compiled(answering(answer, { args: { JOBS: '1' } })).pipelines[0]?.platforms ?? []
    expect(base).toEqual({ kind: 'registry', reference: expect.anything(), configPolicy: 'require-match' })
    expect(build).toMatchObject({ args: { LIBC: 'musl', JOBS: '1' }, annotations: { a: 'b' } })
    expect(tests).toMatchObject([{ kind: 'command', name: 'base check', command: ['true'], exitCode: 0 }])
  })

  it('is rejected where Docker’s media types cannot hold it', () => {
    expect(issuesOf(answering({ ...image, annotations: { a: 'b' } }).format('docker'))).toMatchObject([
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

describe('platform aliases', () => {
  const board = (aliases: Plugin['aliases']) => {
    const bases = { small: { platforms: ['linux/arm/v6'], optionNames: [], source: () => image } satisfies Base }
    return { ...definePlugin({ name: 'polyarch-plugin-board', bases }), aliases }
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
  ])('are rejected for %s', (_what, words, message) => {
    const one = start.use(board(words)).platforms(platform('arm/v6', { base: 'small' }))
    expect(issuesOf(one)).toContainEqual(expect.objectContaining({ message: expect.stringContaining(message) }))
  })

  it('are listed if one is misspelled, which is the only issue', () => {
    const one = start.use(board({ 'small-board': { platform: 'linux/arm/v6', base: 'small' } }))
    const path = "pipeline('registry.example.com/app').platforms[0]"
    expect(issuesOf(one.platforms(platform('smal-board', {} as never)))).toEqual([
      {
        path,
        message: "unknown architecture 'smal-board'",
        hint: "did you mean 'small-board'? platform aliases: small-board",
      },
    ])
    expect(issuesOf(one.platforms(platform('small board', {} as never)))).toEqual([
      expect.objectContaining({ path, hint: expect.stringContaining('platform aliases: small-board') }),
    ])
  })

  it('are rejected if two plugins have one', () => {
    const words = { board: { platform: 'linux/arm/v6', base: 'small' } }
    const one = start.use(board(words), board(words)).platforms(platform('board', {} as never))
    expect(issuesOf(one)).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('another plugin') }),
    )
  })
})
