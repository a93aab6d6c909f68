import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { formatPlatform } from '../../src/model/platform.js'
import { formatReference } from '../../src/model/reference.js'
import { NAME, simple, start } from './definitions.js'

describe('what a definition decides', () => {
  it('normal platforms, references and builds, with a platform’s own settings over the pipeline’s', () => {
    const { pipelines } = compile(
      [
        start
          .platforms(
            platform('arm', {
              variant: 'v7',
              base: 'wide',
              build: { args: { JOBS: '1' }, target: ({ architecture }) => `for-${architecture}` },
            }),
          )
          .build({ context: 'src', args: { VERSION: 3, JOBS: '8', DEBUG: false } })
          .tags('1.0', 'latest'),
      ],
      { directory: '/project' },
    )
    expect(pipelines).toMatchObject([
      {
        name: 'app',
        requested: true,
        repository: { registry: 'registry.example.com', repository: 'team/app' },
        platforms: [
          {
            platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
            base: { kind: 'registry', reference: { tag: 'one' } },
            build: {
              context: { kind: 'directory', path: '/project/src' },
              target: 'for-arm',
              args: { VERSION: '3', JOBS: '1', DEBUG: 'false' },
            },
          },
        ],
        names: ['1.0', 'latest'].map((tag) => ({ registry: 'registry.example.com', repository: 'team/app', tag })),
      },
    ])
  })

  it('lists os version and features in the final index if they are given', () => {
    const listed = start.platforms(platform('amd64', { base: 'wide', osVersion: '10.0.1', osFeatures: ['b', 'a'] }))
    expect(compile([listed]).pipelines[0]?.platforms).toMatchObject([
      {
        platform: { os: 'linux', architecture: 'amd64' },
        listed: { os: 'linux', architecture: 'amd64', 'os.version': '10.0.1', 'os.features': ['a', 'b'] },
      },
    ])
  })

  it('is plain data', () => {
    const definition = compile([simple])
    expect(JSON.parse(JSON.stringify(definition))).toEqual(definition)
  })

  it('leaves a half-made pipeline as it was when it is branched', () => {
    const left = simple.tags('left')
    const right = simple.tags('right')
    expect(simple.declaration.tags).toEqual(['1.0'])
    expect([left.declaration.tags, right.declaration.tags]).toEqual([
      ['1.0', 'left'],
      ['1.0', 'right'],
    ])
    expect(Object.isFrozen(left) && Object.isFrozen(left.declaration)).toBe(true)
  })

  it('orders pipelines by their bases, and publishes only the requested ones', () => {
    const sdk = simple
    const app = pipeline('registry.example.com/team/top').platforms(platform('amd64', { base: sdk }))
    const { pipelines } = compile([app])
    expect(pipelines.map(({ name, requested }) => [name, requested])).toEqual([
      ['app', false],
      ['top', true],
    ])
    expect(pipelines[1]?.baseNames).toEqual([NAME, `${NAME}:1.0`])
  })

  it('has the image that is the base of every platform', () => {
    const app = pipeline('registry.example.com/team/app').tags('1')
    const imageOf = (...bases: readonly string[]) => {
      const platforms = bases.map((base, at) => platform(at === 0 ? 'amd64' : 'arm64', { base: fromImage(base) }))
      return compile([app.platforms(...platforms)]).pipelines[0]?.baseImage
    }
    expect(imageOf('alpine:3.22', 'alpine:3.22')).toBe('alpine:3.22')
    expect(imageOf('alpine:3.22', 'alpine:3.21')).toBeUndefined()
    expect(compile([simple]).pipelines[0]?.baseImage).toBeUndefined()
  })

  it('expands names of platforms by pattern, for every tag', () => {
    const { pipelines } = compile([
      simple
        .platforms(platform('arm', { variant: 'v6', base: 'wide' }))
        .platformNames('{repository}-{arch}{variant}:{tag}'),
    ])
    const names = pipelines[0]?.platforms.flatMap((one) => one.names.map(formatReference))
    expect(names).toEqual([`${NAME}-amd64:1.0`, `${NAME}-armv6:1.0`])
  })

  it('puts the chosen registry in the place of every host', () => {
    const { pipelines } = compile([simple.sharedBase('other.example.com/from:2')], {
      registry: '127.0.0.1:5000/prefix',
    })
    expect(pipelines[0] && formatReference(pipelines[0].repository)).toBe('127.0.0.1:5000/prefix/team/app')
    expect(pipelines[0] && formatReference(pipelines[0].sharedBase)).toBe('127.0.0.1:5000/prefix/from:2')
    expect(pipelines[0]?.baseNames).toEqual(['other.example.com/from:2'])
  })

  it('reports if what is to be published gets no name', () => {
    const nameless = start.platforms(platform('amd64', { base: 'wide' }))
    expect(compile([nameless]).notes).toEqual([expect.stringContaining('app has no name')])
    const above = pipeline('registry.example.com/above').platforms(platform('amd64', { base: nameless }))
    expect(compile([above.tags('1')]).notes).toEqual([])
  })

  it.each([
    ['armv7l', undefined, 'linux/arm/v7', "'armv7l' is normalized to linux/arm/v7"],
    ['arm', undefined, 'linux/arm/v7', "'arm' is normalized to linux/arm/v7"],
    ['arm', 'armv6l', 'linux/arm/v6', undefined],
    ['linux/arm/v6', undefined, 'linux/arm/v6', undefined],
    ['amd64', undefined, 'linux/amd64', undefined],
  ])('reads %s with variant %s as %s, and reports it if a word was not the field’s', (written, variant, read, note) => {
    const declared = platform(written, { base: 'wide', ...(variant !== undefined && { variant }) })
    const { pipelines, notes } = compile([start.platforms(declared).tags('1')])
    expect(pipelines[0]?.platforms.map((one) => formatPlatform(one.platform))).toEqual([read])
    expect(notes).toEqual(note === undefined ? [] : [note])
  })
})
