import { describe, expect, it } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { buildGraph } from '../../src/graph/graph.js'
import type { IndexNode } from '../../src/graph/node.js'
import { type Digest, digestOf } from '../../src/model/digest.js'
import { type Annotations, encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { indexStep } from '../../src/steps/index/index-step.js'
import type { Inputs, Output } from '../../src/steps/step.js'
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
  readonly former?: StoredManifest | undefined
}

/** The index as it would be written, as a later run then finds it published. */
function written({ pipeline = app, revision, content, former }: Case): StoredManifest {
  const node = indexOf(pipeline)
  const inputs = inputsOf(node, content)
  const resolved = { source: 'https://git.example.com/app', ...(revision !== undefined && { revision }) }
  const work = { node, resolved, inputs, force: false, former: former === undefined ? {} : { index: former } }
  const output = indexStep.predict?.({ ...work, key: indexStep.key(node, resolved, inputs) })
  if (output?.children === undefined) throw new Error('an index is known with its children')
  if (output.descriptor.digest === former?.descriptor.digest) return former
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
    const output = indexStep.predict?.({ node, resolved: {}, inputs, force: false, former: {}, key: '' })
    return output?.children?.map(({ platform: of }) => `${of?.architecture}${of?.variant ?? ''}`)
  }

  it('is listed if its image is there, and is left out alone if not', () => {
    expect(listedWithout()).toEqual(['amd64', 'armv6', 'armv7'])
    expect(listedWithout('app image(linux/amd64)')).toEqual(['armv6', 'armv7'])
    expect(listedWithout('app image(linux/amd64)', 'app image(linux/arm/v7)')).toEqual(['armv6'])
    expect(() => listedWithout('app image(linux/arm/v6)')).toThrow('app image(linux/arm/v6)')
  })
})

describe('the index', () => {
  /** As the first run publishes it: made in the test, whose failure it then is. */
  const published = () => written({ revision: 'one' })

  it('tells where it comes from, and lists the lowest variant first', () => {
    const first = published()
    expect(first.content.annotations).toEqual({ [SOURCE]: 'https://git.example.com/app', [REVISION]: 'one' })
    const listed = 'manifests' in first.content ? first.content.manifests : []
    expect(listed.map(({ platform: of }) => `${of?.architecture}${of?.variant ?? ''}`)).toEqual([
      'amd64',
      'armv6',
      'armv7',
    ])
  })

  it('stays as it was published where only the commit is another, or not known any more', () => {
    const first = published()
    expect(written({ revision: 'two', former: first })).toBe(first)
    expect(written({ former: first })).toBe(first)
    expect(indexStep.key(indexOf(app), { revision: 'one' }, inputsOf(indexOf(app)))).toBe(
      indexStep.key(indexOf(app), { revision: 'two' }, inputsOf(indexOf(app))),
    )
  })

  it('tells the new commit where an image is another, or what is declared is', () => {
    const first = published()
    expect(written({ revision: 'two', content: 'other', former: first }).content.annotations).toMatchObject({
      [REVISION]: 'two',
    })
    const pipeline = app.annotations({ index: { title: 'app' } })
    expect(written({ pipeline, revision: 'two', former: first }).content.annotations).toEqual({
      [SOURCE]: 'https://git.example.com/app',
      [REVISION]: 'two',
      title: 'app',
    })
  })

  it('tells what is declared in its place, and nothing where that is false', () => {
    const first = published()
    const declared = app.annotations({ index: { [REVISION]: 'mine', [SOURCE]: false } })
    expect(written({ pipeline: declared, revision: 'two', former: first }).content.annotations).toEqual({
      [REVISION]: 'mine',
    })
    const none = app.annotations({ index: { [REVISION]: false, [SOURCE]: false } })
    expect(written({ pipeline: none, former: first }).content.annotations).toBeUndefined()
  })

  it('tells nothing of it under Docker’s media types', () => {
    expect(written({ pipeline: app.format('docker'), revision: 'one' }).content.annotations).toBeUndefined()
  })
})
