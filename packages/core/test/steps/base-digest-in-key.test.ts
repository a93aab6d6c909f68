import { expect, test } from 'vitest'
import { compile } from '../../src/definition/compile.js'
import { platform } from '../../src/definition/platform-declaration.js'
import { analyze } from '../../src/dockerfile/analysis.js'
import { parseDockerfile } from '../../src/dockerfile/parse.js'
import { buildGraph } from '../../src/graph/graph.js'
import { digestOf } from '../../src/model/digest.js'
import { imageStep } from '../../src/steps/image-step.js'
import type { Inputs, Output } from '../../src/steps/step.js'
import { start } from '../definition/definitions.js'

/** The key of an image whose base and base index have these contents. */
function keyWith(from: string, contents: { readonly base: string; readonly index: string }): string {
  const text = `ARG BASE_IMAGE\nFROM ${from} AS tool\nFROM \${BASE_IMAGE}\nCOPY --from=tool /a /a\n`
  const pipelines = [start.platforms(platform('amd64', { base: 'narrow' })).build({ context: '.' })]
  const node = buildGraph(compile(pipelines, { registry: '127.0.0.1:5000' })).nodes.find(({ kind }) => kind === 'image')
  if (node?.kind !== 'image') throw new Error('a pipeline has an image')
  const outputOf = (content: string) => ({ descriptor: { digest: digestOf(content) } }) as Output
  const inputs: Inputs = new Map([
    [node.base, outputOf(contents.base)],
    [node.baseIndex, outputOf(contents.index)],
  ])
  const input = { platform: { os: 'linux', architecture: 'amd64' }, args: {}, baseNames: [] }
  const analysis = analyze(parseDockerfile(text), input)
  const file = { text, file: '/Dockerfile', name: 'Dockerfile', path: 'Dockerfile', mode: 0, modified: 0 }
  const context = { directory: '/', entries: [], digest: digestOf('context'), dockerfile: file }
  return imageStep.key(node, { context, analysis, images: [] }, inputs)
}

test.each([
  ['changes', '--platform=$BUILDPLATFORM ${BASE_IMAGE}', false],
  ['does not change', '${BASE_IMAGE}', true],
])('the key %s with another platform’s base for FROM %s', (_what, from, isSame) => {
  const key = keyWith(from, { base: 'base', index: 'one' })
  expect(keyWith(from, { base: 'base', index: 'other' }) === key).toBe(isSame)
})
