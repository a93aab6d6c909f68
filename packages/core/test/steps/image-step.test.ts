import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import type { Builder } from '../../src/builder/port.js'
import { compile } from '../../src/definition/compile/compile.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { analyze } from '../../src/dockerfile/analysis.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'
import { buildGraph } from '../../src/graph/graph.js'
import { createCodeReader } from '../../src/machine-code/image-code.js'
import { digestOf } from '../../src/model/digest.js'
import { CancelledError, EngineError } from '../../src/model/errors.js'
import { parseReference } from '../../src/model/reference.js'
import { createRegistry } from '../../src/registry/client.js'
import type { ContextRecords } from '../../src/steps/image/context/context-record.js'
import { createContexts } from '../../src/steps/image/context/contexts.js'
import { imageStep } from '../../src/steps/image/image-step.js'
import { PLAIN_HASH } from '../../src/steps/input-hash.js'
import type { Output, StepServices } from '../../src/steps/step.js'
import { createUpstreamManifests } from '../../src/steps/upstream-manifests.js'
import { start } from '../definition/definitions.js'
import { testRegistry } from '../registry-server/test-registry.js'

const DOCKERFILE = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n'
const KEY = 'a'.repeat(64)
const AMD64 = { os: 'linux', architecture: 'amd64' }

/** Makes the image of one platform on a builder whose push fails so, after something has happened. */
async function makeImage(
  meanwhile: (url: string) => Promise<void>,
  { build, records }: { readonly build?: () => Promise<void>; readonly records?: Partial<ContextRecords> } = {},
): Promise<Output> {
  await using registry = await testRegistry()
  await using client = createRegistry()
  const pipelines = [start.platforms(platform('amd64', { base: 'narrow' })).build({ context: '.' })]
  const { nodes } = buildGraph(compile(pipelines, { registry: registry.server.host }))
  const node = nodes.find(({ kind }) => kind === 'image')
  if (node?.kind !== 'image') throw new Error('a pipeline has an image')
  const base = await tinyImage({ platform: AMD64 })
  await pushTinyImage({ url: registry.server.url, repository: node.repository.repository }, base)
  const output = { reference: { ...node.repository, digest: base.manifest.descriptor.digest } } as Output
  const inputs = new Map([node.base, node.baseIndex].map((id) => [id, { ...output, ...base.manifest }]))
  const builder = {
    build: async () => {
      await build?.()
      return {
        sources: [],
        async push() {
          await meanwhile(`${registry.server.url}/${node.repository.repository}`)
          throw new EngineError('PUSH_FAILED', 'the builder refused to push')
        },
        [Symbol.asyncDispose]: async () => {},
      }
    },
  } as unknown as Builder
  await using contexts = createContexts({ env: {} })
  const world = {
    env: {},
    proxies: async () => new Map(),
    registry: client,
    upstream: createUpstreamManifests(client),
    code: createCodeReader(),
    contexts: { ...contexts, ...(records && { records }) },
  }
  const file = { text: DOCKERFILE, file: '/Dockerfile', name: 'Dockerfile', mode: 0 }
  const listing = { entries: [], digest: digestOf('context') }
  const context = {
    directory: '/',
    dockerfile: file,
    select: async () => listing,
    read: () => Readable.from([]),
    [Symbol.asyncDispose]: async () => {},
  }
  const analysis = analyze(parseDockerfile(DOCKERFILE), { platform: AMD64, args: {}, baseNames: [] })
  const work = {
    node,
    resolved: { context, listing, analysis, dockerfileInKey: DOCKERFILE, images: [], contexts: [], hash: PLAIN_HASH },
    inputs,
    key: KEY,
    previous: {},
    force: false,
  }
  return await imageStep.perform(work, world as unknown as StepServices, { builder })
}

/** What an earlier run pushed, of the same key and perhaps of other images that the Dockerfile names. */
async function pushSame(url: string): Promise<void> {
  const reference = parseReference(url.replace(/^http:\/\//, ''))
  if (reference === undefined) throw new Error(`${url} is a repository`)
  const target = { url: `http://${reference.registry}`, repository: reference.repository }
  await pushTinyImage(target, await tinyImage({ platform: AMD64, files: { built: 'same' } }), `polyarch-${KEY}`)
}

test('what is under the key tag is not taken for an image that could not be pushed', async () => {
  await expect(makeImage(pushSame)).rejects.toMatchObject({ code: 'PUSH_FAILED' })
})

test('the record of the context is under its tag before the image is pushed', async () => {
  let tags: unknown
  const readTags = async (url: string) => {
    const [, host, repository] = /^(http:\/\/[^/]+)\/(.*)$/.exec(url) ?? []
    const answer = await fetch(`${host}/v2/${repository}/tags/list`)
    tags = ((await answer.json()) as { tags: readonly string[] }).tags
  }
  await expect(makeImage(readTags)).rejects.toMatchObject({ code: 'PUSH_FAILED' })
  expect(tags).toEqual([expect.stringMatching(/^polyarch-context-/)])
})

test('a record that fails while the image is built ends the image with its error, and not the process', async () => {
  const events: unknown[] = []
  const note = (error: unknown) => events.push(error)
  process.on('unhandledRejection', note)
  try {
    const write = async () => {
      throw new CancelledError()
    }
    // Node reports a rejection without a handler before it runs timers.
    const making = makeImage(async () => {}, { build: () => setTimeout(20), records: { write } })
    await expect(making).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(events).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})
