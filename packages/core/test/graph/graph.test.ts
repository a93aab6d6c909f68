import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import type { DeclaredPipeline } from '../../src/definition/declare/declaration.js'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { type Base, definePlugin } from '../../src/definition/plugin/plugin.js'
import { buildGraph } from '../../src/graph/graph.js'
import type { Graph } from '../../src/graph/node.js'
import { publishedNames } from '../../src/steps/published-names.js'

const image = fromImage('registry.example.com/base:1')
const sdk = pipeline('registry.example.com/sdk')
  .platforms(platform('arm', { variant: 'v7', base: image }), platform('amd64', { base: image }))
  .tags('1')
const app = pipeline('registry.example.com/app')
  .platforms(platform('amd64', { base: sdk }), platform('arm', { variant: 'v7', base: sdk }))
  .tags('1')

const ROOTFS = { kind: 'rootfs', location: 'https://example.com/root.tar', sha256: 'a'.repeat(64) } as const

const edges = ({ nodes }: Graph) => Object.fromEntries(nodes.map(({ id, needs }) => [id, needs]))

describe('buildGraph', () => {
  it('makes one base and one image per platform, with an index over each', () => {
    expect(edges(buildGraph(compile([sdk])))).toEqual({
      'sdk base(linux/arm/v7)': [],
      'sdk base(linux/amd64)': [],
      'sdk base index': ['sdk base(linux/amd64)', 'sdk base(linux/arm/v7)'],
      'sdk image(linux/arm/v7)': ['sdk base(linux/arm/v7)', 'sdk base index'],
      'sdk image(linux/amd64)': ['sdk base(linux/amd64)', 'sdk base index'],
      'sdk index': ['sdk image(linux/amd64)', 'sdk image(linux/arm/v7)'],
    })
  })

  it('takes a pipeline’s index as the shared base if all platforms stand on it', () => {
    const graph = buildGraph(compile([app]))
    expect(edges(graph)).toMatchObject({
      'app image(linux/amd64)': ['sdk image(linux/amd64)', 'sdk index'],
      'app image(linux/arm/v7)': ['sdk image(linux/arm/v7)', 'sdk index'],
    })
    expect(Object.keys(edges(graph))).not.toContain('app base index')
  })

  it('copies a pipeline’s images if the shared base is mixed, or has a name of its own', () => {
    const mixed = pipeline('registry.example.com/mixed').platforms(
      platform('amd64', { base: sdk }),
      platform('arm', { variant: 'v7', base: image }),
    )
    expect(edges(buildGraph(compile([mixed])))).toMatchObject({
      'mixed base(linux/amd64)': ['sdk image(linux/amd64)'],
      'mixed base(linux/arm/v7)': [],
    })
    const named = app.sharedBase('registry.example.com/app-from:1')
    expect(Object.keys(edges(buildGraph(compile([named]))))).toContain('app base index')
  })

  it('has a node per test and platform, which the index and whatever uses the image wait for', () => {
    const tested = sdk.test({ runs: { command: ['true'] }, small: { size: { max: '1m' } } })
    const top = pipeline('registry.example.com/top').platforms(
      platform('amd64', { base: tested }),
      platform('arm', { variant: 'v7', base: image }),
    )
    const tests = ['sdk test(linux/amd64: runs)', 'sdk test(linux/amd64: small)']
    const ofArm = tests.map((id) => id.replace('amd64', 'arm/v7'))
    expect(edges(buildGraph(compile([tested, top])))).toMatchObject({
      'sdk test(linux/amd64: runs)': ['sdk image(linux/amd64)'],
      'sdk index': ['sdk image(linux/amd64)', 'sdk image(linux/arm/v7)', ...tests, ...ofArm],
      'top base(linux/amd64)': ['sdk image(linux/amd64)', ...tests],
      'top image(linux/amd64)': ['top base(linux/amd64)', 'top base index'],
      // Its images may be reused, which is no reason to publish them before these tests have passed.
      'top index': ['top image(linux/amd64)', 'top image(linux/arm/v7)', ...tests],
    })
    const only = edges(buildGraph(compile([tested]), { only: [{ os: 'linux', architecture: 'amd64' }] }))
    expect(Object.keys(only).filter((id) => id.includes('test('))).toEqual(tests)
    expect(only['sdk index']).toEqual(['sdk image(linux/amd64)', ...tests])
  })

  it('makes a shared base once that several pipelines declare', () => {
    const tools = sdk.sharedBase('registry.example.com/from:1')
    const site = pipeline('registry.example.com/site')
      .platforms(platform('amd64', { base: image }), platform('arm', { variant: 'v7', base: image }))
      .sharedBase('registry.example.com/from:1')
      .tags('1')
    const definition = compile([tools, site])
    const graph = buildGraph(definition)
    expect(edges(graph)).toMatchObject({
      'sdk base index': ['sdk base(linux/amd64)', 'sdk base(linux/arm/v7)'],
      'sdk image(linux/amd64)': ['sdk base(linux/amd64)', 'sdk base index'],
      'site image(linux/amd64)': ['sdk base(linux/amd64)', 'sdk base index'],
      'site image(linux/arm/v7)': ['sdk base(linux/arm/v7)', 'sdk base index'],
    })
    expect(Object.keys(edges(graph)).filter((id) => id.includes('base'))).toHaveLength(3)
    expect(publishedNames(definition, graph).filter(({ reference }) => reference.repository === 'from')).toMatchObject([
      { node: 'sdk base index', requested: true },
    ])
    const alone = compile([tools, site], { chosen: ['site'] })
    expect(publishedNames(alone, buildGraph(alone))).toMatchObject([
      { node: 'site base index', requested: true },
      { node: 'site index' },
    ])
  })

  it('gives a shared base key tags if one of its pipelines keeps them', () => {
    const [first, second] = ['first', 'second'].map((name) =>
      pipeline(`registry.example.com/${name}`)
        .platforms(platform('amd64', { base: image }))
        .sharedBase('registry.example.com/from:1'),
    ) as [typeof sdk, typeof sdk]
    const tagged = (...given: Parameters<typeof compile>[0]) =>
      buildGraph(compile(given)).nodes.flatMap((node) => ('keepsKeyTag' in node ? [node.id] : []))
    expect(tagged(first, second)).toEqual([])
    expect(tagged(first, second.keepKeyTags())).toEqual(['first base(linux/amd64)', 'first base index'])
  })

  it.each([
    ['another base', platform('arm', { variant: 'v7', base: fromImage('registry.example.com/other:1') })],
    ['another platform', platform('arm64', { base: image })],
    ['an optional platform', platform('arm', { variant: 'v7', base: image, optional: true })],
  ])('rejects one shared base of two pipelines if one has %s', (_difference, second) => {
    const tools = sdk.sharedBase('registry.example.com/from:1')
    const site = pipeline('registry.example.com/site')
      .platforms(platform('amd64', { base: image }), second)
      .sharedBase('registry.example.com/from:1')
    expect(() => compile([tools, site])).toThrow('from:1 is published twice: as the shared base of sdk')
  })

  it('passes the policies of a base on to all that is built on it', () => {
    const base = fromImage('registry.example.com/base:1', { configPolicy: 'fix-config', codePolicy: 'trust-declared' })
    const lower = pipeline('registry.example.com/lower').platforms(platform('amd64', { base }))
    const upper = pipeline('registry.example.com/upper').platforms(platform('amd64', { base: lower }))
    const images = buildGraph(compile([upper])).nodes.filter(({ kind }) => kind === 'image')
    const policies = { configPolicy: 'fix-config', codePolicy: 'trust-declared' }
    expect(images).toMatchObject([{ policies }, { policies }])
  })

  it('names the base of an image as it is published, and no base that has no name', () => {
    const made: Base = { platforms: ['linux/amd64'], optionNames: [], source: () => ROOTFS }
    const unnamed = pipeline('registry.example.com/made')
      .use(definePlugin({ name: 'polyarch-plugin-made', bases: { made } }))
      .platforms(platform('amd64', { base: 'made' }))
    const named = unnamed.sharedBase('registry.example.com/made-from:1')
    const nameOf = (one: DeclaredPipeline) =>
      buildGraph(compile([one])).nodes.flatMap((node) => (node.kind === 'image' ? [node.baseName] : []))[0]
    expect([unnamed, named, sdk].map(nameOf)).toEqual([
      undefined,
      'registry.example.com/made-from:1',
      'registry.example.com/base:1',
    ])
  })

  it('keeps to the chosen platforms', () => {
    const only = [{ os: 'linux', architecture: 'arm', variant: 'v7' }]
    expect(Object.keys(edges(buildGraph(compile([sdk]), { only })))).toEqual([
      'sdk base(linux/arm/v7)',
      'sdk base index',
      'sdk image(linux/arm/v7)',
      'sdk index',
    ])
  })

  it('names every node after all that it needs', () => {
    const { nodes } = buildGraph(compile([app, sdk]))
    const seen = new Set<string>()
    for (const node of nodes) {
      expect(node.needs.filter((need) => !seen.has(need))).toEqual([])
      seen.add(node.id)
    }
  })
})
