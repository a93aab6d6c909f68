import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { execute, fromImage, type Pipeline, pipeline, platform } from '../../packages/core/src/index.js'
import { copy, inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const FROM = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n'
const NOT_ON = (word: string) => `ARG TARGETARCH\nRUN echo trying; test "$TARGETARCH" != ${word}\n`

const cleanup = new Cleanup()
let host: string
let context: string
let start: (name: string) => Pipeline

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('optional'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  host = registry.host
  context = await writeContext(join(path, 'context'), FROM)
  const wide = await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })
  const narrow = await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM })
  start = (name) =>
    pipeline(`${host}/${name}`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow), optional: true }),
      )
      .build({ context })
      .platformNames('{repository}:{tag}-{arch}')
      .tags('1')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function dockerfile(body: string): Promise<void> {
  return writeFile(join(context, 'Dockerfile'), FROM + body)
}

it('publishes without an optional platform that fails, and reports it', async () => {
  await dockerfile(NOT_ON('arm'))
  const report = await execute(start('app'))
  expect(report.outcome).toBe('incomplete')
  expect(report.nodes.find(({ node }) => node === 'app image(linux/arm/v7)')).toMatchObject({
    outcome: 'failed',
    error: { code: 'BUILD_FAILED', message: expect.stringContaining('trying') },
  })
  expect((await inspect(`${host}/app:1`)).images).toMatchObject([{ declared: AMD64 }])
  await expect(inspect(`${host}/app:1-arm`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('adds the platform once it can be built, and does not lose it again', async () => {
  await dockerfile('')
  expect((await execute(start('app'))).outcome).toBe('succeeded')
  const both = await inspect(`${host}/app:1`)
  expect(both.images).toHaveLength(2)
  await dockerfile(NOT_ON('arm'))
  await expect(execute(start('app'))).rejects.toMatchObject({ code: 'PLATFORM_MISSING' })
  expect((await inspect(`${host}/app:1`)).digest).toBe(both.digest)
})

it('fails if a platform that is not optional does', async () => {
  await dockerfile(NOT_ON('amd64'))
  await expect(execute(start('app'))).rejects.toMatchObject({ code: 'BUILD_FAILED' })
})

it('leaves the platform out of what stands on it', async () => {
  await dockerfile(NOT_ON('arm'))
  const sdk = start('sdk')
  const top = pipeline(`${host}/top`)
    .platforms(platform('amd64', { base: sdk }), platform('arm', { variant: 'v7', base: sdk, optional: true }))
    .build({ context: await writeContext(join(context, 'top'), FROM) })
    .tags('1')
  const { outcome } = await execute(sdk, top)
  expect(outcome).toBe('incomplete')
  expect((await inspect(`${host}/top:1`)).images).toMatchObject([{ declared: AMD64 }])
})

it('rejects a platform that has to be there and stands on one that need not', async () => {
  const sdk = start('sdk')
  const top = pipeline(`${host}/top`).platforms(platform('arm', { variant: 'v7', base: sdk }))
  await expect(execute(top)).rejects.toMatchObject({
    code: 'DEFINITION_INVALID',
    message: expect.stringContaining('which is optional'),
  })
})

it('takes a single image under a name for a list of one', async () => {
  await dockerfile('')
  await copy(`${host}/narrow:1`, `${host}/single:1`)
  const { declaration } = start('single')
  const alone = pipeline(declaration.repository)
    .platforms(declaration.platforms[0] as never)
    .build({ context })
    .tags('1')
  await expect(execute(alone)).rejects.toMatchObject({
    code: 'PLATFORM_MISSING',
    message: expect.stringContaining('would lose linux/arm/v7'),
  })
})
