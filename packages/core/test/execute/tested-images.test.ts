import { expect, it } from 'vitest'
import { BuilderPool } from '../../src/builder/pool/pool.js'
import { type PlannedNode, performNodes } from '../../src/execute/execution.js'
import type { ImageNode, IndexNode, Node, TestNode } from '../../src/graph/node.js'
import { digestOf } from '../../src/model/digest.js'
import { EngineError } from '../../src/model/errors.js'
import type { Inputs, Output } from '../../src/steps/step.js'

const repository = { registry: 'registry.example.com', repository: 'app' }
const platforms = {
  amd64: { os: 'linux', architecture: 'amd64' },
  arm64: { os: 'linux', architecture: 'arm64' },
} as const

function outputOf(word: string): Output {
  const digest = digestOf(Buffer.from(word))
  return { reference: { ...repository, digest }, descriptor: { mediaType: 'image', digest, size: 1 } }
}

/** What an index is made of, as its output. */
const indexOf = ({ children }: IndexNode, inputs: Inputs) =>
  outputOf(children.flatMap(({ node }) => (inputs.has(node) ? [node] : [])).join())

/** Two images that exist, with a test each, and their index, which may exist too. */
function planned(fails: readonly string[], { optional = false, isPublished = true } = {}): Map<string, PlannedNode> {
  const common = { pipeline: 'app', repository, ...(optional && { optional: true as const }) }
  const names = ['amd64', 'arm64'] as const
  const images = names.map((name) => ({ ...common, kind: 'image', id: name, platform: platforms[name], needs: [] }))
  const tests = names.map(
    (name): TestNode => ({
      ...{ ...common, kind: 'test', id: `test ${name}`, platform: platforms[name], needs: [name], image: name },
      test: { kind: 'size', name: 'size', max: 1 },
    }),
  )
  const children = names.map((name) => ({ node: name, platform: platforms[name] }))
  const needs = [...names, ...tests.map(({ id }) => id)]
  const index = { ...common, kind: 'index', id: 'index', needs, children } as unknown as IndexNode
  const all: readonly Node[] = [...(images as unknown as ImageNode[]), ...tests, index]
  return new Map(
    all.map((node): [string, PlannedNode] => {
      const isPresent = node.kind === 'image' || (node.kind === 'index' && isPublished)
      const output = node.kind === 'index' ? outputOf('amd64,arm64') : outputOf(node.id)
      const evaluate = (inputs: Inputs) => ({
        key: node.id,
        predicted: undefined,
        lookup: async () => ({ state: 'absent' as const }),
        verify: async () => {},
        explain: async () => [],
        perform: async () => {
          if (fails.includes(node.id)) throw new EngineError('TEST_FAILED', 'it fails')
          return node.kind === 'index' ? indexOf(node, inputs) : output
        },
      })
      const resolved = { node, unpinned: undefined, upstream: [], runsOnBuilderOnly: false, decidedBy: [], evaluate }
      const lookupResult = isPresent ? { state: 'present' as const, output } : undefined
      const keyed = evaluate(new Map(names.map((name) => [name, outputOf(name)])))
      const required = node.kind !== 'image'
      return [node.id, { node, resolved, keyed, lookupResult, force: false, previous: {}, required }]
    }),
  )
}

const run = (nodes: Map<string, PlannedNode>) =>
  performNodes({
    nodes,
    pool: new BuilderPool({ buildsPerBuilder: 1, waitsForNative: false }),
    candidacies: new Map(),
    builds: true,
    keepGoing: false,
    emit: () => {},
  })

it('keeps an index that exists if the tests of its images pass', async () => {
  const results = await run(planned([]))
  expect(results.get('index')).toEqual({ output: outputOf('amd64,arm64'), reused: true })
})

it('ends the run if a test fails', async () => {
  await expect(run(planned(['test arm64']))).rejects.toMatchObject({ code: 'TEST_FAILED', node: 'test arm64' })
})

it.each([true, false])(
  'leaves an optional image out of its index if a test fails, published before: %s',
  async (isPublished) => {
    const results = await run(planned(['test arm64'], { optional: true, isPublished }))
    expect(results.get('index')).toEqual({ output: outputOf('amd64'), reused: false })
    // Names of the platform stay where they are.
    expect(results.has('arm64')).toBe(false)
    expect(results.has('amd64')).toBe(true)
  },
)

it('makes no index of optional images that all fail', async () => {
  const failing = planned(['test amd64', 'test arm64'], { optional: true })
  await expect(run(failing)).rejects.toMatchObject({ code: 'TEST_FAILED' })
})
