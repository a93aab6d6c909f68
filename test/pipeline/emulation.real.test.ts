import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  EngineError,
  execute,
  fromImage,
  pipeline,
  plan,
  platform,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { tinyImage } from '../support/tiny-image.js'
import { AMD64, pushBase, writeContext } from './project.js'
import { keyTagsOf, tagsOf } from './published.js'

const cleanup = new Cleanup()
let registry: DebianRegistry
let context: string
/** Runs programs of the builder's platform only. */
let compiled: string

beforeAll(async () => {
  registry = cleanup.use(await startDebianRegistry())
  const { path } = cleanup.use(await tempFolder('emulation'))
  context = await writeContext(join(path, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
  await pushBase({ ...registry, repository: 'bases/amd64' }, { platform: AMD64 })
  const builder = `FROM --platform=$BUILDPLATFORM ${registry.host}/bases/amd64:1 AS build`
  const steps = 'ARG TARGETARCH\nRUN echo "for $TARGETARCH" > /made\nFROM ${BASE_IMAGE}\nCOPY --from=build /made /made'
  compiled = join(path, 'compiled')
  await mkdir(compiled)
  await writeFile(join(compiled, 'Dockerfile'), `ARG BASE_IMAGE\n${builder}\n${steps}\n`)
  const strange = await Promise.all(
    ['s390x', 'riscv64'].map((architecture) => tinyImage({ platform: { os: 'linux', architecture } })),
  )
  for (const image of strange) {
    await pushTinyImage({ ...registry, repository: `bases/${image.platform.architecture}` }, image, '1')
  }
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** Pushes a base for s390x with triggers. */
async function pushTriggers(repository: string, ...triggers: readonly string[]): Promise<string> {
  const image = await tinyImage({ platform: { os: 'linux', architecture: 's390x' }, config: { OnBuild: triggers } })
  await pushTinyImage({ ...registry, repository }, image, '1')
  return `${registry.host}/${repository}:1`
}

function compiledOn(repository: string, base: string) {
  return pipeline(`${registry.host}/team/${repository}`)
    .platforms(platform('s390x', { base: fromImage(base) }))
    .build({ context: compiled })
    .tags('1.0')
}

function appFor(...architectures: readonly string[]) {
  return pipeline(`${registry.host}/team/app`)
    .sharedBase(`${registry.host}/team/from:1`)
    .platforms(
      ...architectures.map((one) => platform(one as 's390x', { base: fromImage(`${registry.host}/bases/${one}:1`) })),
    )
    .build({ context })
    .tags('1.0')
}

it('names the binfmt_misc entry that a platform needs, before anything is sent anywhere', async () => {
  const before = (await registry.requests()).length
  const events: RunEvent[] = []
  const error = await execute(appFor('amd64', 's390x'), { onEvent: (event) => events.push(event) }).catch(
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(EngineError)
  expect(error).toMatchObject({
    code: 'PLATFORM_NOT_RUNNABLE',
    node: 'app image(linux/s390x)',
    message: expect.stringMatching(/cannot run linux\/s390x: it is linux\/\w+ and has no emulator for it/),
    hint: expect.stringContaining("'qemu-s390x'"),
  })
  expect(events.map(({ kind }) => kind).filter((kind) => kind !== 'work')).toEqual(['planned', 'run-finished'])
  const asked = (await registry.requests()).slice(before)
  expect(asked.filter((request) => !/^(GET|HEAD) /.test(request))).toEqual([])
  expect(await tagsOf(registry.url, 'team/from')).toEqual([])
})

it('is reported by the plan for each platform, beside the platforms that can be built', async () => {
  const { nodes, errors } = await plan(appFor('amd64', 's390x', 'riscv64'))
  expect(errors).toMatchObject([
    { code: 'PLATFORM_NOT_RUNNABLE', hint: expect.stringContaining("'qemu-s390x'") },
    {
      code: 'PLATFORM_NOT_RUNNABLE',
      hint: expect.stringContaining("'qemu-riscv64'"),
    },
  ])
  expect(nodes.find(({ node }) => node === 'app image(linux/amd64)')).toMatchObject({ execution: 'native' })
})

it('reports both if two platforms cannot be built', async () => {
  await expect(execute(appFor('s390x', 'riscv64'))).rejects.toMatchObject({
    code: 'PLATFORM_NOT_RUNNABLE',
    message: expect.stringMatching(/s390x.*\n.*riscv64/),
    hint: expect.stringMatching(/qemu-s390x.*qemu-riscv64/s),
  })
})

it('builds the platforms that the engine can run, if only those are requested', async () => {
  const { outcome } = await execute(appFor('amd64', 's390x'), { only: ['linux/amd64'] })
  expect(outcome).toBe('succeeded')
  expect(await keyTagsOf(registry.url, 'team/app')).toHaveLength(1)
  expect(await tagsOf(registry.url, 'team/app')).not.toContainEqual(expect.not.stringMatching(/^polyarch-/))
})

it('builds for a platform without an emulator if only stages of the builder’s platform run programs', async () => {
  const app = compiledOn('compiled', `${registry.host}/bases/s390x:1`).test({
    made: { path: '/made', expectedContent: 'for s390x' },
  })
  const { nodes } = await plan(app, { emulation: 'never' })
  expect(nodes.find(({ kind }) => kind === 'image')).toMatchObject({ execution: 'native', engineReason: 'native' })
  const { outcome, nodes: made } = await execute(app, { emulation: 'never' })
  expect(outcome).toBe('succeeded')
  expect(made.find(({ node }) => node.includes('image('))).toMatchObject({ execution: 'native' })
})

it('emulates triggers of a base that run programs', async () => {
  const running = compiledOn('running', await pushTriggers('bases/running', 'COPY . /src', 'run make'))
  expect((await plan(running)).errors).toMatchObject([{ code: 'PLATFORM_NOT_RUNNABLE' }])
  const copying = compiledOn('copying', await pushTriggers('bases/copying', 'COPY . /src'))
  expect((await plan(copying)).errors).toEqual([])
})
