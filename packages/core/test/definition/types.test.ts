import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { type Pipeline, pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { defineBase } from '../../src/definition/plugin/define-base.js'
import { type Base, definePlugin, type Plugin } from '../../src/definition/plugin/plugin.js'

interface FruitOptions {
  readonly release?: 'apple' | 'pear'
}
interface TreeOptions {
  readonly release: 'oak' | 'elm'
  readonly flavor?: 'slim'
}

function base<Options extends object>(optionNames: readonly (string & keyof Options)[]): Base<Options> {
  return {
    platforms: ['linux/amd64'],
    optionNames,
    source: () => ({ kind: 'registry', reference: 'registry.example.com/base:1', configPolicy: 'require-match' }),
  }
}
const fruit = () => definePlugin({ name: 'fruit', bases: { fruit: base<FruitOptions>(['release']) } })
const tree = () => definePlugin({ name: 'tree', bases: { tree: base<TreeOptions>(['release', 'flavor']) } })
const start = pipeline('registry.example.com/app').use(fruit(), tree())

describe('the types of a definition', () => {
  it('accept the options of the base that is named, and values as bases', () => {
    const sdk = start.platforms(
      platform('amd64', { base: 'fruit', release: 'pear' }),
      platform('arm', { variant: 'v7', base: 'tree', release: 'oak', flavor: 'slim', build: { args: { JOBS: '1' } } }),
      platform('arm64', { base: fromImage('registry.example.com/base:1') }),
    )
    pipeline('registry.example.com/other').platforms(platform('amd64', { base: sdk }))
    expectTypeOf(sdk).toExtend<Pipeline>()
  })

  it('reject a base that no plugin in use has, at the property', () => {
    start.platforms(
      platform('amd64', {
        // @ts-expect-error no plugin in use has this base
        base: 'frut',
      }),
    )
    // @ts-expect-error without a plugin there are no names
    pipeline('registry.example.com/app').platforms(platform('amd64', { base: 'fruit' }))
  })

  it('reject such a base if the plugin’s type is written out, without words', () => {
    const annotated: Plugin<{ readonly fruit: Base<FruitOptions> }> = fruit()
    pipeline('registry.example.com/app')
      .use(annotated)
      .platforms(
        platform('amd64', {
          // @ts-expect-error the plugin has no such base
          base: 'frut',
          release: 'pear',
        }),
      )
  })

  it('reject an option or a value that belongs to another base, at the property', () => {
    start.platforms(
      platform('amd64', {
        base: 'fruit',
        // @ts-expect-error no such release
        release: 'aple',
      }),
      platform('amd64', {
        base: 'fruit',
        release: 'apple',
        // @ts-expect-error an option of the other base
        flavor: 'slim',
      }),
    )
    start.platforms(
      platform('amd64', {
        base: 'fruit',
        // @ts-expect-error a release of the other base
        release: 'oak',
      }),
    )
  })

  it('reject a required option that is omitted', () => {
    // @ts-expect-error tree has no default release
    start.platforms(platform('amd64', { base: 'tree' }))
  })

  it('let a platform stand on its own, unchecked until it is planned', () => {
    const shared = platform('amd64', { base: 'anything', depth: 3 })
    start.platforms(shared)
  })

  it('reject a plugin whose options claim a reserved word', () => {
    // @ts-expect-error `variant` is kept for platform(...)
    definePlugin({ name: 'greedy', bases: { greedy: base<{ variant?: string }>(['variant']) } })
    // @ts-expect-error so is `base`
    definePlugin({ name: 'greedy', bases: { greedy: base<{ release?: string; base?: string }>(['base']) } })
    // @ts-expect-error so is `build`
    definePlugin({ name: 'greedy', bases: { greedy: base<{ build?: object }>(['build']) } })
    const greedy = defineBase({
      platforms: ['linux/amd64'],
      options: { variant: v.optional(v.string()) },
      source: () => ({ kind: 'issue', message: 'no' }),
    })
    // @ts-expect-error whoever describes the options
    definePlugin({ name: 'greedy', bases: { greedy } })
  })
})

describe('the types of words for platforms', () => {
  const zoo = () =>
    definePlugin({
      name: 'zoo',
      bases: { fruit: base<FruitOptions>(['release']), tree: base<TreeOptions>(['release', 'flavor']) },
      aliases: { 'small-board': { platform: 'linux/arm/v6', base: 'fruit' } },
    })
  const worded = pipeline('registry.example.com/app').use(zoo())

  it('accept the options of the base that the word means, which need not be named', () => {
    worded.platforms(
      platform('small-board', {}),
      platform('small-board', { release: 'apple', build: { args: { JOBS: '1' } } }),
      platform('small-board', { base: 'tree', release: 'oak' }),
      platform('amd64', { base: 'fruit' }),
    )
  })

  it('reject the options of another base, at the property', () => {
    worded.platforms(
      platform('small-board', {
        // @ts-expect-error a release of the other base
        release: 'oak',
      }),
    )
    // @ts-expect-error an architecture says no base
    worded.platforms(platform('amd64', {}))
  })

  it('reject a word for a base that the plugin does not have', () => {
    definePlugin({
      name: 'zoo',
      bases: { fruit: base<FruitOptions>(['release']) },
      // @ts-expect-error there is no such base
      aliases: { 'small-board': { platform: 'linux/arm/v6', base: 'frut' } },
    })
  })
})
