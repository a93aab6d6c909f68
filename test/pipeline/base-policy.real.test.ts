import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const cleanup = new Cleanup()
let host: string
let lying: string
let context: string

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('policy'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  host = registry.host
  lying = await pushBase({ ...registry, repository: 'lying' }, { platform: ARM, configPlatform: AMD64 })
  context = await writeContext(join(path, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function standingOn(configPolicy: 'trust-declared' | 'require-match' | 'fix-config') {
  return pipeline(`${host}/${configPolicy}`)
    .sharedBase(`${host}/${configPolicy}-base:1`)
    .platforms(platform('arm', { variant: 'v7', base: fromImage(lying, { configPolicy }) }))
    .build({ context })
    .tags('1')
}

it('rejects a base whose config names another platform, before anything is written', async () => {
  const refused = standingOn('require-match')
  await expect(plan(refused)).rejects.toMatchObject({
    code: 'PLATFORM_MISMATCH',
    message: expect.stringContaining('linux/amd64'),
    hint: expect.stringContaining('fix-config'),
  })
  await expect(execute(refused)).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
  await expect(inspect(`${host}/require-match-base:1`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('takes the base as it is, and reports it, if the declaration is trusted', async () => {
  const { notes } = await execute(standingOn('trust-declared'))
  expect(notes).toContainEqual(expect.stringContaining('its config states linux/amd64; the declared platform is used'))
  const { images } = await inspect(`${host}/trust-declared-base:1`)
  expect(images).toMatchObject([{ declared: ARM, config: AMD64 }])
  expect(images[0]?.digest).toBe((await inspect(lying)).digest)
})

it('corrects the config, and nothing else, if it is configured', async () => {
  const report = await execute(standingOn('fix-config'))
  expect(report.outcome).toBe('succeeded')
  const [image] = (await inspect(`${host}/fix-config-base:1`)).images
  expect(image).toMatchObject({ declared: ARM, config: ARM })
  expect((await inspect(`${host}/fix-config:1`)).images).toMatchObject([{ declared: ARM, config: ARM }])
})

it('applies its own policy to a base copied under another one, and reports a trusted platform in every run', async () => {
  const declared = (configPolicy: 'trust-declared' | 'require-match' | 'fix-config') =>
    pipeline(`${host}/shared`)
      .platforms(platform('arm', { variant: 'v7', base: fromImage(lying, { configPolicy }) }))
      .build({ context })
      .tags('1')
  await execute(declared('trust-declared'))
  const again = await execute(declared('trust-declared'))
  expect(new Set(again.nodes.map(({ outcome }) => outcome))).toEqual(new Set(['reused']))
  expect(again.notes).toContainEqual(expect.stringContaining('the declared platform is used'))
  await expect(execute(declared('require-match'))).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
  const corrected = await execute(declared('fix-config'))
  expect(corrected.nodes.filter(({ outcome }) => outcome === 'made')).toHaveLength(4)
  const kept = await execute(declared('fix-config'))
  expect(new Set(kept.nodes.map(({ outcome }) => outcome))).toEqual(new Set(['reused']))
})
