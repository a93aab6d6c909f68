import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type BuildSettings,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  prune,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { forgetBuilds } from '../../packages/core/test/builder/forget-builds.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase } from './project.js'

const DOCKERFILE =
  'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS tools\nRUN date > /once\nFROM ${BASE_IMAGE}\nCOPY --from=tools /once /\n'

const cleanup = new Cleanup()
let host: string
let address: string
let classicAddress: string
let bases: readonly [string, string]

beforeAll(async () => {
  const { path: directory } = cleanup.use(await tempFolder('registry-cache'))
  const registry = cleanup.use(await startRegistry({ directory }))
  host = registry.host
  address = cleanup.use(await newerEngine()).address
  classicAddress = cleanup.use(await newerEngine({ imageStore: 'graphdriver' })).address
  bases = [
    await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 }),
    await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM }),
  ]
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function appWith(name: string, settings: BuildSettings): Pipeline {
  return pipeline(`${host}/${name}`)
    .platforms(
      platform('amd64', { base: fromImage(bases[0]) }),
      platform('arm', { variant: 'v7', base: fromImage(bases[1]) }),
    )
    .build({ context: false, dockerfileInline: DOCKERFILE, network: 'none' })
    .build(settings)
    .tags('1')
}

/** How the step that runs once ended, per platform. */
async function stepsOf(app: Pipeline) {
  const events: RunEvent[] = []
  await execute(app, { engine: { host: address }, reuse: false, onEvent: (event) => events.push(event) })
  const steps = events.flatMap((event) =>
    event.kind === 'work' && event.event.kind === 'build-step' ? [event.event] : [],
  )
  return steps
    .filter(({ name, status }) => name.includes('RUN date') && status !== 'started')
    .map(({ status }) => status)
}

/** Builds on an empty builder, twice. */
async function expectCached(app: Pipeline) {
  await forgetBuilds(address)
  expect(await stepsOf(app)).toEqual(['done', 'done'])
  await forgetBuilds(address)
  expect(await stepsOf(app)).toEqual(['cached', 'cached'])
}

it('keeps the steps of all stages under given names', async () => {
  const cache = `${host}/given:cache`
  const app = appWith('given', {
    // As docs/ci.md has it.
    cacheFrom: ({ architecture }) => [`type=registry,ref=${cache}-${architecture}`],
    cacheTo: ({ architecture }) => [`type=registry,ref=${cache}-${architecture},mode=max`],
  })
  await expectCached(app)
  await expectRefusal(app, 'cacheTo (type=registry)')
})

it('keeps them in the repository by one word, and prune deletes what is no longer cached', async () => {
  const app = appWith('own', { cache: 'registry' })
  await expectCached(app)
  await expectRefusal(app, "cache: 'registry'")
  expect((await prune(app, { delete: true, olderThan: 0 })).filter(({ why }) => why === 'unused-cache')).toEqual([])
  const pruned = await prune(appWith('own', {}), { delete: true, olderThan: 0 })
  expect(pruned.filter(({ why }) => why === 'unused-cache')).toMatchObject([
    { reference: `${host}/own:polyarch-cache-own-linux-amd64`, outcome: 'deleted' },
    { reference: `${host}/own:polyarch-cache-own-linux-arm-v7`, outcome: 'deleted' },
  ])
})

/** The classic image store exports no such caches. */
async function expectRefusal(app: Pipeline, option: string) {
  const { errors } = await plan(app, { engine: { host: classicAddress }, reuse: false })
  expect(errors).toMatchObject([
    {
      code: 'ENGINE_UNSUPPORTED',
      node: expect.stringContaining('image(linux/amd64)'),
      message: expect.stringContaining(`does not support the build option ${option}`),
      hint: expect.stringContaining('inline'),
    },
    { code: 'ENGINE_UNSUPPORTED', node: expect.stringContaining('image(linux/arm/v7)') },
  ])
}
