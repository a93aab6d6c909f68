import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import type { AnnotationSettings } from '../../src/definition/declare/annotation-settings.js'
import type { Pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { definePlugin } from '../../src/definition/plugin/plugin.js'
import { DefinitionError, type Issue } from '../../src/model/errors.js'
import { simple, start } from './definitions.js'

const TITLE = 'org.opencontainers.image.title'

function faultsOf(one: Pipeline): readonly Issue[] {
  try {
    compile([one])
  } catch (error) {
    if (error instanceof DefinitionError) return error.issues
    throw error
  }
  return []
}

describe('annotations', () => {
  it('are those of each level, later values over earlier ones, name by name', () => {
    const one = simple
      .annotations({ index: { a: '1', b: '1' }, manifest: { a: '2' } })
      .annotations({ index: { b: '3', c: false }, manifestDescriptor: { a: '4' } })
    const [{ annotations, platforms } = {}] = compile([one]).pipelines
    expect(annotations).toEqual({ a: '1', b: '3', c: false })
    expect(platforms).toMatchObject([{ build: { annotations: { a: '2' } }, entryAnnotations: { a: '4' } }])
  })

  it('can be a function of the platform, and override those of the base', () => {
    const base = {
      platforms: ['linux/amd64', 'linux/arm/v7'],
      optionNames: [],
      source: () => ({
        kind: 'registry' as const,
        reference: 'registry.example.com/base:1',
        configPolicy: 'require-match' as const,
        annotations: { kept: 'by the base', [TITLE]: 'by the base' },
      }),
    }
    const one = start
      .use(definePlugin({ name: 'annotating', bases: { annotating: base } }))
      .platforms(platform('amd64', { base: 'annotating' }), platform('arm', { variant: 'v7', base: 'annotating' }))
      .annotations({ manifest: ({ architecture }) => ({ [TITLE]: `for ${architecture}` }) })
    const platforms = compile([one]).pipelines[0]?.platforms ?? []
    expect(platforms.map(({ build }) => build.annotations)).toEqual([
      { kept: 'by the base', [TITLE]: 'for amd64' },
      { kept: 'by the base', [TITLE]: 'for arm' },
    ])
    expect(platforms[0]?.entryAnnotations).toEqual({ kept: 'by the base', [TITLE]: 'by the base' })
  })

  it('are no part of a build if there are none, so that they change no key', () => {
    const [{ platforms = [] } = {}] = compile([simple]).pipelines
    expect(platforms[0]?.build).not.toHaveProperty('annotations')
  })

  const wrong = (settings: unknown) => simple.annotations(settings as AnnotationSettings)
  it.each([
    ['a level of layouts', { 'index-descriptor': { a: 'b' } }, 'annotations.index-descriptor', 'image layouts'],
    ['a level in the words of buildx', { 'manifest-descriptor': {} }, 'manifest-descriptor', "'manifestDescriptor'"],
    ['a value that is none', { index: { a: 1 } }, 'annotations.index', undefined],
    ['a list', { manifest: ['a=b'] }, 'annotations.manifest', undefined],
    ['a name of its own', { manifest: () => ({ 'io.polyarch.key': 'x' }) }, 'annotations.manifest', 'prefix'],
  ])('are rejected as %s, once', (_what, settings, path, hint) => {
    expect(faultsOf(wrong(settings).platforms(platform('linux/arm/v7', { base: 'wide' })))).toEqual([
      expect.objectContaining({
        path: expect.stringContaining(path),
        ...(hint !== undefined && { hint: expect.stringContaining(hint) }),
      }),
    ])
  })

  it('are rejected under Docker’s media types, which would lose them', () => {
    expect(faultsOf(simple.annotations({ index: { a: 'b' } }).format('docker'))).toMatchObject([
      { path: expect.stringContaining('.annotations'), message: expect.stringContaining('have no annotations') },
    ])
  })

  it('have a hint if they are given as an option of the build', () => {
    const build = { annotations: { a: 'b' } } as object
    expect(faultsOf(simple.build(build))).toMatchObject([{ hint: expect.stringContaining('.annotations({') }])
  })
})
