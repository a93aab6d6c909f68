import { expect, test } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import type { BuildSettings } from '../../src/definition/declare/build-settings.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { analyze } from '../../src/dockerfile/analysis.js'
import { normalizedText } from '../../src/dockerfile/syntax/normalized-text.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'
import { buildGraph } from '../../src/graph/graph.js'
import { digestOf } from '../../src/model/digest.js'
import { decidingInputs, decidingNodes } from '../../src/steps/image/image-key.js'
import { keyOf } from '../../src/steps/key.js'
import type { Inputs, Output } from '../../src/steps/step.js'
import { start } from '../definition/definitions.js'

interface Given {
  readonly base?: string
  readonly index?: string
  readonly dockerfile?: string
  readonly build?: BuildSettings
  readonly registry?: string
  readonly format?: 'docker'
}

const PLAIN = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN make\n'
const ELSEWHERE =
  'ARG BASE_IMAGE\nFROM --platform=$BUILDPLATFORM ${BASE_IMAGE} AS tool\nFROM ${BASE_IMAGE}\nCOPY --from=tool /a /a\n'
const NAMED = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS Out\nRUN make\n'
const VISIBLE = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG BASE_IMAGE\nLABEL base=$BASE_IMAGE\n'

/** What decides an image, and the nodes that have to be known for it. */
function decided({ base = 'base', index = 'index', dockerfile = PLAIN, registry = '127.0.0.1:5000', ...given }: Given) {
  const built = start.platforms(platform('amd64', { base: 'narrow' })).build({ context: '.', ...given.build })
  const pipelines = [given.format === undefined ? built : built.format(given.format)]
  const node = buildGraph(compile(pipelines, { registry })).nodes.find(({ kind }) => kind === 'image')
  if (node?.kind !== 'image') throw new Error('a pipeline has an image')
  const outputOf = (content: string) =>
    ({
      reference: { registry, repository: 'app', digest: digestOf(Buffer.from(content)) },
      descriptor: { digest: digestOf(Buffer.from(content)) },
    }) as Output
  const inputs: Inputs = new Map([
    [node.base, outputOf(base)],
    [node.baseIndex, outputOf(index)],
  ])
  const parsed = parseDockerfile(dockerfile)
  const { args, target } = node.build
  const analysis = analyze(parsed, { platform: node.platform, args, target, baseNames: [] })
  const listing = { entries: [], digest: digestOf(Buffer.from('context')) }
  const resolved = { analysis, listing, contexts: [], decisiveText: normalizedText(parsed) }
  return {
    nodes: decidingNodes(node, resolved).map((id) => (id === node.base ? 'base' : 'index')),
    key: keyOf('image', { ...decidingInputs(node, resolved, inputs) }),
  }
}

test.each<[what: string, dockerfile: string, nodes: readonly string[]]>([
  ['its own base alone', PLAIN, ['base']],
  ['the whole index where a stage uses the base of another platform', ELSEWHERE, ['index']],
  ['base and index where steps see the name of the index', VISIBLE, ['base', 'index']],
])('an image is decided by %s', (_what, dockerfile, nodes) => {
  expect(decided({ dockerfile }).nodes).toEqual(nodes)
})

const changes: readonly (readonly [what: string, one: Given, other: Given])[] = [
  ['another base', {}, { base: 'other' }],
  [
    'another index, where a stage uses the base of another platform',
    { dockerfile: ELSEWHERE },
    { dockerfile: ELSEWHERE, index: 'other' },
  ],
  ['another index, where steps see its name', { dockerfile: VISIBLE }, { dockerfile: VISIBLE, index: 'other' }],
  [
    'another registry, where steps see its name',
    { dockerfile: VISIBLE },
    { dockerfile: VISIBLE, registry: '127.0.0.1:5001' },
  ],
  [
    'another value of an arg that is declared',
    { dockerfile: `${PLAIN}ARG V\n`, build: { args: { V: '1' } } },
    { dockerfile: `${PLAIN}ARG V\n`, build: { args: { V: '2' } } },
  ],
  [
    'a declared proxy',
    { dockerfile: `${PLAIN}ARG HTTP_PROXY\n`, build: { args: { HTTP_PROXY: 'a' } } },
    { dockerfile: `${PLAIN}ARG HTTP_PROXY\n` },
  ],
  ['another instruction', {}, { dockerfile: `${PLAIN}RUN true\n` }],
  ['a comment in a heredoc', { dockerfile: `${PLAIN}RUN <<E\n# a\nE\n` }, { dockerfile: `${PLAIN}RUN <<E\n# b\nE\n` }],
  [
    'an inline cache, which the image carries',
    { build: { cacheTo: ['type=inline'] } },
    { build: { cacheTo: ['type=registry,ref=registry.example.com/cache:1'] } },
  ],
  ['another host entry', { build: { addHosts: ['a:10.0.0.1'] } }, { build: { addHosts: ['a:10.0.0.2'] } }],
]

test.each(changes)('the key changes with %s', (_what, one, other) => {
  expect(decided(one).key).not.toBe(decided(other).key)
})

const equals: readonly (readonly [what: string, one: Given, other: Given])[] = [
  ['the base of another platform', {}, { index: 'other' }],
  [
    'a cache that is exported elsewhere',
    {},
    { build: { cacheTo: ['type=registry,ref=registry.example.com/cache:1'] } },
  ],
  ['the registry', {}, { registry: '127.0.0.1:5001' }],
  ['an arg that no instruction declares', {}, { build: { args: { UNUSED: '1' } } }],
  ['a predefined proxy', {}, { build: { args: { HTTPS_PROXY: 'http://proxy.example.com' } } }],
  [
    'comments, empty lines and line ends',
    {},
    { dockerfile: `# comment\r\n\r\n${PLAIN.replaceAll('\n', '\r\n')}# end` },
  ],
  [
    'the order of host entries',
    { build: { addHosts: ['a:10.0.0.1', 'b:10.0.0.2'] } },
    { build: { addHosts: ['b:10.0.0.2', 'a:10.0.0.1'] } },
  ],
  [
    'the spelling of the target',
    { dockerfile: NAMED, build: { target: 'Out' } },
    { dockerfile: NAMED, build: { target: 'out' } },
  ],
]

test.each(equals)('the key does not change with %s', (_what, one, other) => {
  expect(decided(one).key).toBe(decided(other).key)
})

test('the key of an image with Docker’s media types changes with every arg, since it has no record of them', () => {
  const key = (value: string) => decided({ format: 'docker', build: { args: { UNUSED: value } } }).key
  expect(key('1')).not.toBe(key('2'))
})
