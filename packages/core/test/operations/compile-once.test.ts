import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { type Base, definePlugin } from '../../src/definition/plugin/plugin.js'
import { plan } from '../../src/operations/on-pipelines.js'
import { publishedReferences } from '../../src/operations/runs/published-references.js'
import { startRegistry } from '../../src/registry-server/index.js'

/** A pipeline on the embedded registry, which counts the calls of its functions. */
async function counted() {
  const folder = await tempFolder()
  await writeFile(join(folder.path, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
  const bases = await startRegistry({ directory: `${folder.path}/bases` })
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: bases.url, repository: 'base' }, image, '1')
  const calls: string[] = []
  const base: Base = {
    platforms: ['linux/amd64'],
    optionNames: [],
    source() {
      calls.push('source')
      return { kind: 'registry', reference: `${bases.host}/base:1`, configPolicy: 'require-match' }
    },
  }
  const args = () => {
    calls.push('args')
    return {}
  }
  const app = pipeline('registry.example.com/team/app')
    .use(definePlugin({ name: 'polyarch-plugin-counted', bases: { counted: base } }))
    .platforms(platform('amd64', { base: 'counted' }))
    .build({ context: folder.path, args })
    .tags('1.0')
  return {
    app,
    calls,
    registry: `embedded:${folder.path}/registry`,
    async [Symbol.asyncDispose]() {
      await bases.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('plan compiles once, and its names are on the embedded registry', async () => {
  await using given = await counted()
  const { tags, nodes } = await plan(given.app, { registry: given.registry, build: false })
  expect(given.calls).toEqual(['source', 'args'])
  expect(tags.map(({ reference }) => reference)).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+\/team\/app:1\.0$/)])
  expect(nodes).toHaveLength(4)
})

test('the names of pipelines are found with one compilation', async () => {
  await using given = await counted()
  await using found = await publishedReferences([given.app], { registry: given.registry })
  expect(given.calls).toEqual(['source', 'args'])
  expect(found.references[0]).toMatch(/^127\.0\.0\.1:\d+\/team\/app:1\.0$/)
})
