import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { fromImage, type Pipeline, type Plan, type PlanOptions, pipeline, plan, platform } from '../../src/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }
const BASE = 'ARG BASE_IMAGE\n'

const cleanup = new Cleanup()
let host: string
let directory: string

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('stage-names')).path
  const registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
  host = registry.host
  for (const [name, of] of [
    ['wide', AMD64],
    ['narrow', ARM],
  ] as const) {
    await pushTinyImage({ url: registry.url, repository: name }, await tinyImage({ platform: of }), '1')
  }
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** A pipeline for both platforms, with a Dockerfile of its own. */
async function pipelineOf(name: string, dockerfile: string, repository = `${host}/team/${name}`): Promise<Pipeline> {
  await mkdir(join(directory, name), { recursive: true })
  await writeFile(join(directory, name, 'Dockerfile'), dockerfile)
  return pipeline(repository, { name })
    .platforms(
      platform('amd64', { base: fromImage(`${host}/wide:1`) }),
      platform('arm', { variant: 'v7', base: fromImage(`${host}/narrow:1`) }),
    )
    .build({ context: name })
    .tags('1')
}

const toolchain = () => pipelineOf('toolchain', `${BASE}FROM \${BASE_IMAGE}\n`)
/** What a run without an engine would do. */
function planOf(pipelines: readonly Pipeline[], options: PlanOptions = {}): Promise<Plan> {
  const engine = { host: 'unix:///nowhere/docker.sock' }
  return plan(...pipelines, { directory, engine, build: false, ...options })
}
const nodeOf = ({ nodes }: Plan, id: string) => nodes.find(({ node }) => node === id)

describe('a Dockerfile that names what another pipeline of the run publishes', () => {
  it.each([
    ['FROM', (name: string) => `FROM ${name} AS build\nFROM \${BASE_IMAGE}\nCOPY --from=build /a /a\n`],
    ['COPY --from', (name: string) => `FROM \${BASE_IMAGE}\nCOPY --from=${name} /a /a\n`],
    ['RUN --mount', (name: string) => `FROM \${BASE_IMAGE}\nRUN --mount=from=${name},target=/t true\n`],
  ])('uses its image of the platform: %s', async (_where, text) => {
    const app = await pipelineOf('app', BASE + text(`${host}/team/toolchain:1`))
    for (const given of [[app, await toolchain()] as const, [await toolchain(), app] as const]) {
      const made = await planOf(given)
      expect(nodeOf(made, 'app image(linux/arm/v7)')).toMatchObject({
        action: 'known-after',
        after: ['toolchain image(linux/arm/v7)'],
        needs: expect.arrayContaining(['toolchain image(linux/arm/v7)', 'toolchain index']),
      })
    }
  })

  it('uses the whole index in a stage that runs on the builder', async () => {
    const stage = `FROM --platform=$BUILDPLATFORM ${host}/team/toolchain:1 AS build\n`
    const app = await pipelineOf('app', `${BASE}${stage}FROM \${BASE_IMAGE}\nCOPY --from=build /a /a\n`)
    const made = await planOf([app, await toolchain()])
    expect(nodeOf(made, 'app image(linux/arm/v7)')).toMatchObject({ after: ['toolchain index'] })
    const alone = await planOf([app, await toolchain()], { only: ['linux/arm/v7'] })
    expect(nodeOf(alone, 'toolchain index')?.needs).toEqual([
      'toolchain image(linux/amd64)',
      'toolchain image(linux/arm/v7)',
    ])
    expect(nodeOf(alone, 'app image(linux/amd64)')).toBeUndefined()
  })

  it('names it as written, whatever registry it is pushed to', async () => {
    const tool = await pipelineOf('toolchain', `${BASE}FROM \${BASE_IMAGE}\n`, 'registry.example.com/toolchain')
    const from = 'COPY --from=registry.example.com/toolchain:1 /a /a\n'
    const app = await pipelineOf('app', `${BASE}FROM \${BASE_IMAGE}\n${from}`)
    const made = await planOf([app, tool], { registry: host })
    expect(nodeOf(made, 'app image(linux/amd64)')?.after).toEqual(['toolchain image(linux/amd64)'])
  })

  it('may name a shared base, and the image of one platform', async () => {
    const tool = (await toolchain()).sharedBase(`${host}/team/from:1`).platformNames('{repository}-{arch}:{tag}')
    const lines = [`COPY --from=${host}/team/from:1 /a /a`, `COPY --from=${host}/team/toolchain-amd64:1 /a /b`]
    const app = await pipelineOf('app', `${BASE}FROM \${BASE_IMAGE}\n${lines.join('\n')}\n`)
    const made = await planOf([app, tool])
    expect(nodeOf(made, 'app image(linux/arm/v7)')?.needs).toEqual([
      'app base(linux/arm/v7)',
      'app base index',
      'toolchain base index',
      'toolchain base(linux/arm/v7)',
      'toolchain image(linux/amd64)',
    ])
  })

  it('takes it along when it is chosen, without moving its names', async () => {
    const app = await pipelineOf('app', `${BASE}FROM \${BASE_IMAGE}\nCOPY --from=${host}/team/toolchain:1 /a /a\n`)
    const beside = await pipelineOf('beside', `${BASE}FROM \${BASE_IMAGE}\n`)
    const made = await planOf([beside, app, await toolchain()], { pipelines: ['app'] })
    expect(new Set(made.nodes.map((node) => node.pipeline))).toEqual(new Set(['toolchain', 'app']))
    expect(made.tags.map(({ reference }) => reference)).toEqual([`${host}/team/app:1`])
  })

  it('is rejected if the pipelines need each other', async () => {
    const app = await pipelineOf('app', `${BASE}FROM \${BASE_IMAGE}\nCOPY --from=${host}/team/tool:1 /a /a\n`)
    const tool = await pipelineOf('tool', `${BASE}FROM \${BASE_IMAGE}\nCOPY --from=${host}/team/app:1 /a /a\n`)
    await expect(planOf([app, tool])).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('pipelines depend on each other: app → tool → app'),
    })
  })

  it('is rejected if the other pipeline lacks the platform', async () => {
    const app = await pipelineOf('app', `${BASE}FROM \${BASE_IMAGE}\nCOPY --from=${host}/team/single:1 /a /a\n`)
    await mkdir(join(directory, 'single'), { recursive: true })
    await writeFile(join(directory, 'single', 'Dockerfile'), `${BASE}FROM \${BASE_IMAGE}\n`)
    const single = pipeline(`${host}/team/single`)
      .platforms(platform('amd64', { base: fromImage(`${host}/wide:1`) }))
      .build({ context: 'single' })
      .tags('1')
    await expect(planOf([app, single])).rejects.toMatchObject({
      code: 'DEFINITION_INVALID',
      message: expect.stringContaining('which has no linux/arm/v7'),
    })
  })
})

describe('keys with --only', () => {
  const ELSEWHERE =
    'FROM --platform=$BUILDPLATFORM ${BASE_IMAGE} AS build\nFROM ${BASE_IMAGE}\nCOPY --from=build /a /a\n'
  it.each([
    ['the base alone', 'FROM ${BASE_IMAGE}\n'],
    ['the base of the builder', ELSEWHERE],
    ['the name of the base index', 'FROM ${BASE_IMAGE}\nARG BASE_IMAGE\nLABEL base=$BASE_IMAGE\n'],
  ])('are those of the whole run: %s', async (_what, text) => {
    const app = await pipelineOf('app', BASE + text)
    const id = 'app image(linux/arm/v7)'
    const whole = nodeOf(await planOf([app]), id)?.key
    expect(whole).toMatch(/^[0-9a-f]{64}$/)
    expect(nodeOf(await planOf([app], { only: ['linux/arm/v7'] }), id)?.key).toBe(whole)
  })

  it('do not need the bases of other platforms, unless these decide the image', async () => {
    const app = await pipelineOf('app', `${BASE}FROM \${BASE_IMAGE}\n`)
    const { nodes } = await planOf([app], { only: ['linux/arm/v7'] })
    expect(nodes.map(({ node }) => node)).toEqual([
      'app base(linux/arm/v7)',
      'app base index',
      'app image(linux/arm/v7)',
      'app index',
    ])
  })
})
