import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { buildGraph } from '../../src/graph/graph.js'
import type { IndexNode } from '../../src/graph/node.js'
import { type Digest, digestOf } from '../../src/model/digest.js'
import { type Annotations, encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import type { Registry } from '../../src/registry/port.js'
import { indexStep } from '../../src/steps/index/index-step.js'
import { KEY_ANNOTATION } from '../../src/steps/key.js'
import type { Inputs, Output, StepServices } from '../../src/steps/step.js'
import { start } from '../definition/definitions.js'

const SOURCE = 'org.opencontainers.image.source'
const REVISION = 'org.opencontainers.image.revision'
const app = start.platforms(
  platform('amd64', { base: 'wide' }),
  platform('arm', { variant: 'v7', base: 'wide' }),
  platform('arm', { variant: 'v6', base: 'wide' }),
)

function indexOf(pipeline: typeof app): IndexNode {
  const node = buildGraph(compile([pipeline.tags('1')])).nodes.find(({ kind }) => kind === 'index')
  if (node?.kind !== 'index') throw new Error('a pipeline has an index')
  return node
}

function inputsOf(node: IndexNode, content = 'same'): Inputs {
  const outputs = node.children.map(({ node: id, platform: of }): [string, Output] => {
    const digest: Digest = digestOf(Buffer.from(id + content))
    const descriptor = { mediaType: MEDIA_TYPES.ociManifest, digest, size: 1, platform: of }
    return [id, { reference: { ...node.repository, digest }, descriptor }]
  })
  return new Map(outputs)
}

interface Case {
  readonly pipeline?: typeof app
  readonly revision?: string
  readonly content?: string
  readonly previous?: StoredManifest | undefined
}

/** The index as it would be written, as a later run then finds it published. */
function written({ pipeline = app, revision, content, previous }: Case): StoredManifest {
  const node = indexOf(pipeline)
  const inputs = inputsOf(node, content)
  const resolved = { source: 'https://git.example.com/app', ...(revision !== undefined && { revision }) }
  const work = { node, resolved, inputs, force: false, previous: previous === undefined ? {} : { index: previous } }
  const output = indexStep.predict?.({ ...work, key: indexStep.key(node, resolved, inputs) })
  if (output?.children === undefined) throw new Error('an index is known with its children')
  if (output.descriptor.digest === previous?.descriptor.digest) return previous
  const all: Annotations = { [SOURCE]: resolved.source, ...(revision !== undefined && { [REVISION]: revision }) }
  const declared = Object.entries(node.annotations).flatMap(([name, value]) => (value === false ? [] : [[name, value]]))
  const own = Object.entries(all).filter(([name]) => !Object.hasOwn(node.annotations, name))
  const annotations = Object.fromEntries([...own, ...declared])
  const annotated = node.format === 'docker' || Object.keys(annotations).length === 0 ? {} : { annotations }
  const manifest = encodeManifest(
    { schemaVersion: 2, manifests: output.children, ...annotated },
    output.descriptor.mediaType,
  )
  expect(manifest.descriptor.digest).toBe(output.descriptor.digest)
  return manifest
}

describe('an optional platform', () => {
  const optional = start.platforms(
    platform('amd64', { base: 'wide', optional: true }),
    platform('arm', { variant: 'v7', base: 'wide', optional: true }),
    platform('arm', { variant: 'v6', base: 'wide' }),
  )
  const listedWithout = (...missing: readonly string[]) => {
    const node = indexOf(optional)
    const inputs = new Map([...inputsOf(node)].filter(([id]) => !missing.includes(id)))
    const output = indexStep.predict?.({ node, resolved: {}, inputs, force: false, previous: {}, key: '' })
    return output?.children?.map(({ platform: of }) => `${of?.architecture}${of?.variant ?? ''}`)
  }

  it('is listed if its image is there, and only that entry is omitted if not', () => {
    expect(listedWithout()).toEqual(['amd64', 'armv6', 'armv7'])
    expect(listedWithout('app image(linux/amd64)')).toEqual(['armv6', 'armv7'])
    expect(listedWithout('app image(linux/amd64)', 'app image(linux/arm/v7)')).toEqual(['armv6'])
    expect(() => listedWithout('app image(linux/arm/v6)')).toThrow('app image(linux/arm/v6)')
  })
})

describe('the index', () => {
  /** As the first run publishes it: made in the test, whose failure it then is. */
  const published = () => written({ revision: 'one' })

  it('reports where it comes from, and lists the lowest variant first', () => {
    const first = published()
    expect(first.content.annotations).toEqual({ [SOURCE]: 'https://git.example.com/app', [REVISION]: 'one' })
    const listed = 'manifests' in first.content ? first.content.manifests : []
    expect(listed.map(({ platform: of }) => `${of?.architecture}${of?.variant ?? ''}`)).toEqual([
      'amd64',
      'armv6',
      'armv7',
    ])
  })

  it('stays as it was published if only the commit is another, or not known any more', () => {
    const first = published()
    expect(written({ revision: 'two', previous: first })).toBe(first)
    expect(written({ previous: first })).toBe(first)
    expect(indexStep.key(indexOf(app), { revision: 'one' }, inputsOf(indexOf(app)))).toBe(
      indexStep.key(indexOf(app), { revision: 'two' }, inputsOf(indexOf(app))),
    )
  })

  it('reports the new commit if an image is another, or what is declared is', () => {
    const first = published()
    expect(written({ revision: 'two', content: 'other', previous: first }).content.annotations).toMatchObject({
      [REVISION]: 'two',
    })
    const pipeline = app.annotations({ index: { title: 'app' } })
    expect(written({ pipeline, revision: 'two', previous: first }).content.annotations).toEqual({
      [SOURCE]: 'https://git.example.com/app',
      [REVISION]: 'two',
      title: 'app',
    })
  })

  it('reports what is declared in its place, and nothing if that is false', () => {
    const first = published()
    const declared = app.annotations({ index: { [REVISION]: 'mine', [SOURCE]: false } })
    expect(written({ pipeline: declared, revision: 'two', previous: first }).content.annotations).toEqual({
      [REVISION]: 'mine',
    })
    const none = app.annotations({ index: { [REVISION]: false, [SOURCE]: false } })
    expect(written({ pipeline: none, previous: first }).content.annotations).toBeUndefined()
  })

  it('reports nothing of it under Docker’s media types', () => {
    expect(written({ pipeline: app.format('docker'), revision: 'one' }).content.annotations).toBeUndefined()
  })
})

describe('an index that another run published', () => {
  const node = indexOf(app)
  const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf('{}'), size: 2 }

  /** The images of one engine, and the index over them. Images of two engines differ in their layers. */
  function resultOf(engine: string, keys = 'key') {
    const images = node.children.map(({ node: id, platform: of }) => {
      const layer = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(engine + id), size: 1 }
      const annotations = { [KEY_ANNOTATION]: `${keys} of ${id}` }
      const image = encodeManifest({ schemaVersion: 2, config, layers: [layer], annotations }, MEDIA_TYPES.ociManifest)
      const descriptor = { ...image.descriptor, platform: of, annotations }
      return { id, image, output: { reference: { ...node.repository, digest: descriptor.digest }, descriptor } }
    })
    const inputs: Inputs = new Map(images.map(({ id, output }) => [id, output]))
    const manifests = node.children.flatMap((child) => inputs.get(child.node)?.descriptor ?? [])
    const index = encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)
    return { inputs, index, stored: [...images.map(({ image }) => image), index] }
  }

  /** What a run finds whose key tags hold `own`, while the name holds `published`. */
  async function lookUp(
    own: ReturnType<typeof resultOf>,
    published: ReturnType<typeof resultOf>,
    lacks?: StoredManifest,
  ) {
    const stored = [...own.stored.slice(0, -1), ...published.stored].filter((one) => one !== lacks)
    const find = (digest?: Digest) => stored.find(({ descriptor }) => descriptor.digest === digest)
    const registry = {
      getManifest: async ({ digest }) => find(digest),
      resolve: async ({ digest }) => find(digest)?.descriptor,
    } satisfies Partial<Registry> as unknown as Registry
    const work = { node, resolved: {}, inputs: own.inputs, force: false, previous: { index: published.index } }
    const key = indexStep.key(node, {}, own.inputs)
    const found = await indexStep.lookup({ ...work, key }, { registry } as StepServices, {})
    return found.state === 'present' ? found.output.descriptor.digest : undefined
  }

  it('is kept if its images are equal to those under the key tags', async () => {
    const [own, published] = [resultOf('own engine'), resultOf('other engine')]
    expect(await lookUp(own, published)).toBe(published.index.descriptor.digest)
  })

  it('is replaced if an image has another key, or is gone', async () => {
    const [own, published] = [resultOf('own engine'), resultOf('other engine')]
    expect(await lookUp(own, resultOf('other engine', 'other key'))).toBeUndefined()
    for (const gone of published.stored) expect(await lookUp(own, published, gone)).toBeUndefined()
  })
})
