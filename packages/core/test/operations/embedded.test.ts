import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import type { Digest } from '../../src/model/digest.js'
import { copy, inspect, promote } from '../../src/operations/images/on-images.js'
import { execute, plan } from '../../src/operations/on-pipelines.js'
import { chooseRegistry } from '../../src/operations/registry-choice.js'
import { publishedReferences } from '../../src/operations/runs/published-references.js'
import { runningRegistry, startRegistry } from '../../src/registry-server/index.js'
import { simple, start } from '../definition/definitions.js'

test('several runs that start the embedded registry at the same moment share one', async () => {
  await using folder = await tempFolder()
  const chosen = await Promise.all([1, 2, 3].map(() => chooseRegistry(`embedded:${folder.path}`)))
  const running = await runningRegistry(folder.path)
  expect(chosen.map(({ host }) => host)).toEqual([1, 2, 3].map(() => running?.host))
  for (const one of chosen) await one[Symbol.asyncDispose]()
  expect(await runningRegistry(folder.path)).toBeUndefined()
})

test('an option that is found to be wrong once it runs ends it: else the process would not end', async () => {
  await using folder = await tempFolder()
  const registry = `embedded:${folder.path}`
  const rebuild = ['no-such-image']
  await expect(plan(simple, { registry, rebuild })).rejects.toMatchObject({ code: 'USAGE' })
  await expect(execute(simple, { registry, rebuild })).rejects.toMatchObject({ code: 'USAGE' })
  expect(await runningRegistry(folder.path)).toBeUndefined()
})

test('it is not started to check the names of a faulty definition', async () => {
  await using folder = await tempFolder()
  const asked = publishedReferences([start], { registry: `embedded:${folder.path}` })
  await expect(asked).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
  expect(await runningRegistry(folder.path)).toBeUndefined()
})

describe('operations on images that take a registry', () => {
  const cleanup = new Cleanup()
  let registry: string
  let digest: string

  beforeAll(async () => {
    const { path } = cleanup.use(await tempFolder())
    registry = `embedded:${path}`
    await using server = await startRegistry({ directory: path })
    const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
    await pushTinyImage({ url: server.url, repository: 'team/app' }, image, 'rc')
    digest = image.manifest.descriptor.digest
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  test('find names of another host there, and names of none', async () => {
    expect((await inspect('ghcr.io/team/app:rc', { registry })).digest).toBe(digest)
    expect((await inspect('team/app:rc', { registry })).digest).toBe(digest)
  })

  test('promote there, from a name and from the record of a run whose port is gone', async () => {
    await promote('ghcr.io/team/app:rc', ['1.0', 'ghcr.io/team/released:1.0'], { registry })
    expect((await inspect('team/app:1.0', { registry })).digest).toBe(digest)
    expect((await inspect('team/released:1.0', { registry })).digest).toBe(digest)
    const report = { version: 1, outcome: 'succeeded', nodes: [], notes: [] } as const
    const tags = [{ reference: '127.0.0.1:1/team/app:2.0', to: digest as Digest }]
    await promote({ ...report, tags }, [], { registry })
    expect((await inspect('team/app:2.0', { registry })).digest).toBe(digest)
  })

  test('copy there, and out of it into a layout', async () => {
    await copy('ghcr.io/team/app:rc', 'ghcr.io/team/copied:1', { registry })
    const layout = `oci:${cleanup.use(await tempFolder()).path}:app`
    await copy('ghcr.io/team/copied:1', layout, { registry })
    expect((await inspect(layout)).digest).toBe(digest)
  })

  test('leave nothing running', async () => {
    expect(await runningRegistry(registry.slice('embedded:'.length))).toBeUndefined()
  })
})
