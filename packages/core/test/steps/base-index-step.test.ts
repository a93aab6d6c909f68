import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { compile } from '../../src/definition/compile/compile.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { buildGraph } from '../../src/graph/graph.js'
import type { BaseIndexNode, IndexNode } from '../../src/graph/node.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { createContexts } from '../../src/steps/image/context/contexts.js'
import { baseIndexStep } from '../../src/steps/index/base-index-step.js'
import { indexStep } from '../../src/steps/index/index-step.js'
import { keyOf } from '../../src/steps/key.js'
import type { Inputs, Output, StepServices, Work } from '../../src/steps/step.js'
import { start } from '../definition/definitions.js'
import { testRegistry } from '../registry-server/test-registry.js'

/** A registry with the images of a pipeline, and the pipeline's two indexes. */
async function imagesIn(format: 'oci' | 'docker' = 'oci', context = '.') {
  const server = await testRegistry()
  const registry = createRegistry()
  const pipeline = start
    .platforms(platform('amd64', { base: 'wide' }), platform('arm', { variant: 'v7', base: 'wide' }))
    .build({ context })
    .format(format)
  const { nodes } = buildGraph(compile([pipeline], { registry: server.server.host }))
  const of = <Kind extends 'base-index' | 'index'>(kind: Kind) => nodes.find((node) => node.kind === kind)
  const [baseIndex, index] = [of('base-index') as BaseIndexNode, of('index') as IndexNode]
  const target = { url: server.server.url, repository: index.repository.repository }
  const inputs = new Map<string, Output>()
  for (const { node, platform: child } of [...baseIndex.children, ...index.children]) {
    const image = await tinyImage({ platform: child, files: { node } })
    await pushTinyImage(target, image)
    const { descriptor } = image.manifest
    const annotated = { ...descriptor, annotations: { made: node } }
    inputs.set(node, { reference: { ...index.repository, digest: descriptor.digest }, descriptor: annotated })
  }
  const contexts = createContexts({ env: {} })
  return {
    server,
    world: { registry, contexts } as unknown as StepServices,
    baseIndex,
    index,
    inputs: inputs as Inputs,
    async [Symbol.asyncDispose]() {
      await contexts[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function baseWork(node: BaseIndexNode, inputs: Inputs): Work<BaseIndexNode, undefined> {
  const key = baseIndexStep.key(node, undefined, inputs)
  return { node, resolved: undefined, inputs, key, previous: {}, force: false }
}

function indexWork(node: IndexNode, inputs: Inputs): Work<IndexNode, { source?: string }> {
  const resolved = { source: 'https://git.example.com/app' }
  return { node, resolved, inputs, key: indexStep.key(node, resolved, inputs), previous: {}, force: false }
}

it('puts the shared base by its digest, as an OCI index also for Docker’s media types', async () => {
  await using images = await imagesIn('docker')
  const work = baseWork(images.baseIndex, images.inputs)
  const { registry } = images.world
  expect(await baseIndexStep.resolve(images.baseIndex, images.world, {})).toBeUndefined()
  expect(await baseIndexStep.lookup(work, images.world, {})).toEqual({ state: 'absent' })
  const output = await baseIndexStep.perform(work, images.world, {})
  expect(output).toEqual(baseIndexStep.predict?.(work))
  expect(output.reference).toEqual({ ...images.baseIndex.repository, digest: output.descriptor.digest })
  expect(work.key).toBe(keyOf('index', { digest: output.descriptor.digest }))
  expect(await registry.resolve({ ...images.baseIndex.repository, tag: `polyarch-${work.key}` })).toBeUndefined()
  expect((await registry.getManifest(output.reference))?.content).toEqual({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociIndex,
    manifests: images.baseIndex.children.map(({ node, platform: child }) => ({
      ...images.inputs.get(node)?.descriptor,
      platform: child,
    })),
  })
  expect(await baseIndexStep.lookup(work, images.world, {})).toEqual({ state: 'present', output })
  expect(await baseIndexStep.explain(work, images.world, {})).toEqual([{ kind: 'absent' }])
})

it('puts a shared base that several pipelines use under its key tag', async () => {
  await using images = await imagesIn()
  const node: BaseIndexNode = { ...images.baseIndex, keepsKeyTag: true }
  const work = baseWork(node, images.inputs)
  const output = await baseIndexStep.perform(work, images.world, {})
  const tag = `polyarch-${work.key}`
  expect((await images.world.registry.getManifest({ ...node.repository, tag }))?.descriptor.digest).toBe(
    output.descriptor.digest,
  )
  expect(await baseIndexStep.lookup(work, images.world, {})).toEqual({ state: 'present', output })
})

it('reads no registry where the published name already is the index', async () => {
  await using images = await imagesIn()
  const work = indexWork(images.index, images.inputs)
  const output = await indexStep.perform(work, images.world, {})
  const index = await images.world.registry.getManifest(output.reference)
  if (index === undefined) throw new Error('the index was put')
  const before = images.server.requests.length
  const previous = { index }
  expect(await indexStep.lookup({ ...work, previous }, images.world, {})).toEqual({ state: 'present', output })
  expect(images.server.requests).toHaveLength(before)
  expect(await indexStep.explain({ ...work, previous }, images.world, {})).toEqual([{ kind: 'content-changed' }])
})

it('lists images without their annotations under Docker’s media types', async () => {
  await using images = await imagesIn('docker')
  const work = indexWork(images.index, images.inputs)
  expect(await indexStep.lookup(work, images.world, {})).toEqual({ state: 'absent' })
  const output = await indexStep.perform(work, images.world, {})
  const index = await images.world.registry.getManifest(output.reference)
  expect(index?.content).toEqual({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.dockerManifestList,
    manifests: images.index.children.map(({ node, platform: child }) => {
      const { annotations: _annotations, ...descriptor } = images.inputs.get(node)?.descriptor ?? {}
      return { ...descriptor, platform: child }
    }),
  })
})

it('keeps annotations of children, and a published index that has other entries is replaced', async () => {
  await using images = await imagesIn()
  const work = indexWork(images.index, images.inputs)
  const output = await indexStep.perform(work, images.world, {})
  const index = await images.world.registry.getManifest(output.reference)
  expect(work.key).toBe(keyOf('index', { digest: indexStep.predict?.({ ...work, resolved: {} })?.descriptor.digest }))
  expect(output.children?.map(({ annotations }) => annotations?.['made'])).toEqual(
    images.index.children.map(({ node }) => node),
  )
  const optional: IndexNode = {
    ...images.index,
    children: images.index.children.map((child) => ({ ...child, optional: true })),
  }
  const [left] = images.index.children
  const fewer = new Map([...images.inputs].filter(([id]) => id !== left?.node))
  const next = { ...indexWork(optional, fewer), previous: index === undefined ? {} : { index } }
  expect(indexStep.predict?.(next)?.children).toHaveLength(1)
  expect(await indexStep.lookup(next, images.world, {})).toEqual({ state: 'absent' })
})

it('states if the context comes from, unless annotations or the format leave no room', async () => {
  await using folder = await tempFolder('git')
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.com', ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    }).trim()
  git('init', '--quiet')
  git('remote', 'add', 'origin', 'https://git.example.com/app.git')
  git('commit', '--quiet', '--allow-empty', '--message', 'first')
  const revision = git('rev-parse', 'HEAD')
  await using images = await imagesIn('oci', folder.path)
  const resolve = (node: IndexNode) => indexStep.resolve(node, images.world, {})
  expect(await resolve(images.index)).toMatchObject({
    revision,
    source: expect.stringContaining('git.example.com/app'),
  })
  expect(await resolve({ ...images.index, format: 'docker' })).toEqual({})
  const declared = {
    'org.opencontainers.image.source': false,
    'org.opencontainers.image.revision': 'mine',
  } as const
  expect(await resolve({ ...images.index, annotations: declared })).toEqual({})
})
