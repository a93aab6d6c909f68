import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase, writeContext } from './project.js'

/** Each execution of the step gives another image. */
const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE}
RUN cat /proc/sys/kernel/random/uuid > /id
`

const cleanup = new Cleanup()
let registry: RegistryServer
let context: string
let base: string

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('rebuilt'))
  registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  base = await pushBase({ ...registry, repository: 'base' }, { platform: AMD64 })
  context = await writeContext(join(path, 'context'), DOCKERFILE)
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const app = (name: string, noCache = true) =>
  pipeline(`${registry.host}/${name}`)
    .platforms(platform('amd64', { base: fromImage(base) }))
    .build({ context, noCache })
    .tags('1')

/** The image that the published name lists. */
async function published(name: string) {
  return (await inspect(`${registry.host}/${name}:1`)).images.map(({ digest }) => digest)
}

it.each([
  ['all', { reuse: false }],
  ['a pipeline', { rebuild: ['chosen'] }],
])('publishes what it builds again by force: %s', async (_what, forced) => {
  await execute(app('chosen'))
  const before = await published('chosen')
  const report = await execute(app('chosen'), forced)
  const image = report.nodes.find(({ kind }) => kind === 'image')?.digest
  expect(await published('chosen')).toEqual([image])
  expect(before).not.toContain(image)
  expect((await execute(app('chosen'))).nodes.every(({ outcome }) => outcome === 'reused')).toBe(true)
})

it('publishes with assemble what another machine built again', async () => {
  await execute(app('machines'))
  const report = await execute(app('machines'), { reuse: false, only: ['linux/amd64'] })
  await execute(app('machines'), { build: false })
  expect(await published('machines')).toEqual([report.nodes.find(({ kind }) => kind === 'image')?.digest])
})

it('keeps the published image if the second build has the same content', async () => {
  await execute(app('cached', false))
  const before = await published('cached')
  // Marked: its content differs.
  await execute(app('cached'), { reuse: false })
  const rebuilt = await published('cached')
  expect(rebuilt).not.toEqual(before)
  await execute(app('cached', false), { reuse: false })
  const last = await published('cached')
  await execute(app('cached', false), { reuse: false })
  expect(await published('cached')).toEqual(last)
})
