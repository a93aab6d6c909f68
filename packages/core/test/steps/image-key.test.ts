import { expect, test } from 'vitest'
import type { OpenContext } from '../../src/context/context-file.js'
import { compile } from '../../src/definition/compile/compile.js'
import type { BuildSettings } from '../../src/definition/declare/build-settings.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { analyze } from '../../src/dockerfile/analysis.js'
import { normalizedText } from '../../src/dockerfile/syntax/normalized-text.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'
import { buildGraph } from '../../src/graph/graph.js'
import { type Digest, digestOf } from '../../src/model/digest.js'
import type { ResolvedContext } from '../../src/steps/image/context/resolved-context.js'
import { decidingInputs, decidingNodes, imageKey } from '../../src/steps/image/image-key.js'
import type { PinnedImage } from '../../src/steps/image/sources/pinned-image.js'
import { PLAIN_HASH } from '../../src/steps/input-hash.js'
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
  readonly context?: string
  readonly epoch?: number
  /** Content of the image of another pipeline that the Dockerfile names. */
  readonly image?: string
  /** Content of the named context 'lib'. */
  readonly named?: string
  readonly namedKind?: ResolvedContext['kind']
  /** Name and content of an image that the Dockerfile names. */
  readonly pinned?: readonly (readonly [name: string, content: string])[]
}

const PLAIN = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN make\n'
const ELSEWHERE =
  'ARG BASE_IMAGE\nFROM --platform=$BUILDPLATFORM ${BASE_IMAGE} AS tool\nFROM ${BASE_IMAGE}\nCOPY --from=tool /a /a\n'
const NAMED = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS Out\nRUN make\n'
const VISIBLE = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG BASE_IMAGE\nLABEL base=$BASE_IMAGE\n'

/** The context 'lib', of a kind, with a content. */
function namedContext(kind: ResolvedContext['kind'], digest: Digest): ResolvedContext {
  switch (kind) {
    case 'files':
      return { kind, name: 'lib', context: {} as OpenContext, listing: { entries: [], digest } }
    case 'image':
      return { kind, name: 'lib', image: { name: 'r.example/lib', image: digest } as PinnedImage }
    case 'pipeline':
      return { kind, name: 'lib', image: digest }
    case 'layout':
      return { kind, name: 'lib', directory: '/', index: digestOf('index'), image: digest }
  }
}

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
  const pipelineImages =
    given.image === undefined
      ? []
      : [{ name: 'r.example/sdk:1', isInDockerfile: true, result: 'sdk', decidedBy: 'sdk' }]
  const imageNode = { ...node, pipelineImages }
  const inputs: Inputs = new Map([
    [node.base, outputOf(base)],
    [node.baseIndex, outputOf(index)],
    ['sdk', outputOf(given.image ?? '')],
  ])
  const parsed = parseDockerfile(dockerfile)
  const { args, target } = node.build
  const analysis = analyze(parsed, { platform: node.platform, args, target, baseNames: [] })
  const listing = { entries: [], digest: digestOf(given.context ?? 'context') }
  const contexts = given.named === undefined ? [] : [namedContext(given.namedKind ?? 'layout', digestOf(given.named))]
  const images = (given.pinned ?? []).map(([name, content]) => ({ name, image: digestOf(content) }) as PinnedImage)
  const resolved = {
    ...{ analysis, listing, contexts, images, dockerfileInKey: normalizedText(parsed), hash: PLAIN_HASH },
    ...(given.epoch !== undefined && { epoch: given.epoch }),
  }
  const names = new Map([
    [node.base, 'base'],
    [node.baseIndex, 'index'],
  ])
  const deciding = decidingInputs(imageNode, resolved, inputs)
  return {
    nodes: decidingNodes(imageNode, resolved).map((id) => names.get(id) ?? id),
    key: imageKey(imageNode, resolved, inputs),
    whole: keyOf('image', { platform: node.platform, ...deciding }),
    build: deciding.build,
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
  [
    'the order of two addresses of one host, the first of which is used',
    { build: { addHosts: ['a:10.0.0.1', 'a:10.0.0.2'] } },
    { build: { addHosts: ['a:10.0.0.2', 'a:10.0.0.1'] } },
  ],
  ['another value of a label', { build: { labels: { a: '1' } } }, { build: { labels: { a: '2' } } }],
  ['another network', { build: { network: 'none' } }, {}],
  ['another size of /dev/shm', { build: { shmSize: '64m' } }, { build: { shmSize: '65m' } }],
  ['another limit', { build: { ulimits: ['nofile=1:2'] } }, { build: { ulimits: ['nofile=1:3'] } }],
  ['a limit', { build: { ulimits: ['nofile=1:2'] } }, {}],
  ['a target', { dockerfile: NAMED, build: { target: 'out' } }, { dockerfile: NAMED }],
  ['a secret', { build: { secrets: { a: { env: 'A' } } } }, {}],
  ['the id of a secret', { build: { secrets: { a: { env: 'A' } } } }, { build: { secrets: { b: { env: 'A' } } } }],
  ['an ssh agent', { build: { ssh: { default: 'agent' } } }, {}],
  ['an attestation', { build: { attest: { provenance: true } } }, {}],
  ['the date that the Dockerfile declares', { epoch: 1 }, { epoch: 2 }],
  ['a declared date', { epoch: 0 }, {}],
  ['another context', {}, { context: 'other' }],
  ['another image of another pipeline', { image: 'one' }, { image: 'other' }],
  ['another named context', { named: 'one' }, { named: 'other' }],
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
  ['where a cache comes from', {}, { build: { cacheFrom: ['type=registry,ref=registry.example.com/cache:1'] } }],
  ['what the engine may reuse', {}, { build: { noCache: true, pull: true, reuse: false } }],
  ['what is done about unpinned content', {}, { build: { unpinned: 'rebuild' } }],
  ['what a build may do', {}, { build: { entitlements: ['network.host'] } }],
  ['how modes are read, which the context shows', {}, { build: { fileModes: 'git' } }],
  ['the cache in the registry', {}, { build: { cache: 'registry' } }],
  ['the path of the Dockerfile', {}, { build: { dockerfile: 'other.Dockerfile' } }],
  [
    'where a secret is read from, and the order of secrets',
    { build: { secrets: { a: { env: 'A' }, b: { env: 'B' } } } },
    { build: { secrets: { b: { env: 'X' }, a: { file: '/a' } } } },
  ],
]

test.each(equals)('the key does not change with %s', (_what, one, other) => {
  expect(decided(one).key).toBe(decided(other).key)
})

test('the key of an image with Docker’s media types changes with every arg, since it has no record of them', () => {
  const key = (value: string) => decided({ format: 'docker', build: { args: { UNUSED: value } } }).key
  expect(key('1')).not.toBe(key('2'))
})

test('an image is decided by the image of another pipeline that its Dockerfile names', () => {
  expect(decided({ image: 'one' }).nodes).toEqual(['sdk', 'base'])
})

test('a plan compares the settings that decide an image by their names in build.ts, and no others', () => {
  const build = {
    args: { V: '1', UNUSED: '2' },
    labels: { a: 'b' },
    target: 'Out',
    secrets: { b: { env: 'B' }, a: { env: 'A' } },
  }
  const dockerfile = `${NAMED}ARG V\nARG SOURCE_DATE_EPOCH\nARG BASE_IMAGE\nLABEL x=$BASE_IMAGE\n`
  const { build: settings } = decided({
    ...{ build, dockerfile, epoch: 5, image: 'sdk', named: 'lib', index: 'index' },
  })
  expect(settings).toEqual({
    args: {
      V: '1',
      SOURCE_DATE_EPOCH: '5',
      BASE_IMAGE: `127.0.0.1:5000/app@${digestOf('index')}`,
    },
    labels: { a: 'b' },
    target: 'out',
    secrets: ['a', 'b'],
    addHosts: [],
    'contexts.lib': digestOf('lib'),
    'images.r.example/sdk:1': digestOf('sdk'),
  })
})

test('a key is made of the platform and what decides the image, and of media types and images for Docker', () => {
  const plain = decided({})
  expect(plain.key).toBe(plain.whole)
  const docker = (...pinned: readonly (readonly [string, string])[]) => decided({ format: 'docker', pinned }).key
  expect(docker()).not.toBe(plain.key)
  expect(docker(['a', '1'])).not.toBe(docker())
  expect(docker(['a', '1'])).not.toBe(docker(['a', '2']))
  expect(docker(['b', '2'], ['a', '1'])).toBe(docker(['a', '1'], ['b', '2']))
  expect(decided({ pinned: [['a', '1']] }).key).toBe(plain.key)
})

test.each(['files', 'image', 'pipeline', 'layout'] as const)(
  'a context of the kind %s counts by its digest',
  (kind) => {
    expect(decided({ named: 'lib', namedKind: kind }).build).toMatchObject({ 'contexts.lib': digestOf('lib') })
  },
)

test('settings that decide an image have one form, however they are written', () => {
  const settings = decided({
    build: { addHosts: ['b:10.0.0.3', 'a:10.0.0.2', 'c=10.0.0.4', 'a:10.0.0.1'], cacheTo: ['type=inline'] },
  }).build
  expect(settings).toEqual({
    ...{ args: {}, labels: {}, inlineCache: true },
    addHosts: ['a:10.0.0.2', 'a:10.0.0.1', 'b:10.0.0.3', 'c=10.0.0.4'],
  })
})
