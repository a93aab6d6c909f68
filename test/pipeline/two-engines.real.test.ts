import { join } from 'node:path'
import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'
import { missingBelow } from './published.js'

it('two engines that build and publish the same files concurrently both succeed with the same result', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('two-engines'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const { address } = cleanup.use(await newerEngine())
  const wide = await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })
  const narrow = await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM })
  const context = await writeContext(join(path, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
  const app = pipeline(`${registry.host}/app`)
    .sharedBase(`${registry.host}/app-from:1`)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow) }),
    )
    .build({ context })
    .tags('1.0', 'latest')
  const reports = await Promise.all([execute(app), execute(app, { engine: { host: address } })])
  expect(reports.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded'])
  const { digest } = await inspect(`${registry.host}/app:1.0`)
  expect((await inspect(`${registry.host}/app:latest`)).digest).toBe(digest)
  for (const repository of ['app', 'app-from']) expect(await missingBelow(registry.url, repository)).toEqual([])
  const again = await execute(app)
  expect(new Set(again.nodes.map(({ outcome }) => outcome))).toEqual(new Set(['reused']))
})
