import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { fetchConfig } from '../../packages/core/test/builder/engines.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { runImage } from '../support/run-image.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

afterEach(() => void vi.unstubAllEnvs())

it('builds and publishes on an engine with the containerd image store', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('newer'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const { address, socketPath } = cleanup.use(await newerEngine())
  const engine = { host: address }
  const wide = await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64 })
  const narrow = await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM, configPlatform: AMD64 })
  const from = `${registry.host}/from:1`
  const app = pipeline(`${registry.host}/app`)
    .sharedBase(from)
    .platforms(
      platform('amd64', { base: fromImage(wide) }),
      platform('arm', { variant: 'v7', base: fromImage(narrow, { configPolicy: 'trust-declared' }) }),
    )
    .build({ context: await writeContext(join(path, 'context'), `FROM ${from}`) })
    .tags('1')
  vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000')
  await execute(app, { engine })
  const { mediaType, images } = await inspect(`${registry.host}/app:1`)
  expect(mediaType).toBe('application/vnd.oci.image.index.v1+json')
  expect(images).toMatchObject([
    { declared: AMD64, config: AMD64, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    { declared: ARM, config: ARM, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  ])
  const ran = await runImage({ socketPath, reference: `${registry.host}/app:1`, platform: ARM })
  expect(ran.output).toBe('hello world, tiny linux/arm/v7 for linux/arm/v7 with none jobs, as nobody')
  const [first] = images as [(typeof images)[number]]
  expect(await fetchConfig(registry.url, 'app', first.digest)).toMatchObject({ created: '2023-11-14T22:13:20Z' })
  vi.stubEnv('SOURCE_DATE_EPOCH', undefined)
  const again = await execute(app, { engine })
  expect(new Set(again.nodes.map(({ outcome }) => outcome))).toEqual(new Set(['reused']))
  await execute(app.format('docker').tags('docker'), { engine })
  const docker = await inspect(`${registry.host}/app:docker`)
  expect([docker, ...docker.images].map((one) => one.mediaType)).toEqual([
    'application/vnd.docker.distribution.manifest.list.v2+json',
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ])
})
