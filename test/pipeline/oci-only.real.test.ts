import { join } from 'node:path'
import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { startFaultProxy } from '../../packages/core/test/registry/fault-proxy.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase, writeContext } from './project.js'

/** Engine 28.5 quotes the body, 20.10 the status. */
const UNSUPPORTED = JSON.stringify({ errors: [{ code: 'MANIFEST_INVALID', message: 'unsupported media type' }] })

/** A registry that answers 415 to manifests of Docker's media types, with a base and a pipeline on it. */
async function ociOnlyRegistry(cleanup: Cleanup) {
  const { path } = cleanup.use(await tempFolder('oci-only'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const proxy = cleanup.use(await startFaultProxy(registry.host))
  proxy.plan(({ method, headers }) =>
    method === 'PUT' && `${headers['content-type']}`.includes('vnd.docker.')
      ? { kind: 'answer', status: 415, headers: { 'content-type': 'application/json' }, body: UNSUPPORTED }
      : undefined,
  )
  const base = await pushBase({ url: registry.url, host: proxy.host, repository: 'base' }, { platform: AMD64 })
  return pipeline(`${proxy.host}/app`)
    .platforms(platform('amd64', { base: fromImage(base) }))
    .build({ context: await writeContext(join(path, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}') })
    .tags('1')
}

it('publishes to a registry that accepts OCI media types only, if the builder pushes these', async () => {
  await using cleanup = new Cleanup()
  const app = await ociOnlyRegistry(cleanup)
  const { address } = cleanup.use(await newerEngine())
  const { tags } = await execute(app, { engine: { host: address } })
  const { mediaType, images } = await inspect(tags[0]?.reference ?? '')
  expect([mediaType, ...images.map((one) => one.mediaType)]).toEqual([
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.oci.image.manifest.v1+json',
  ])
})

it('has a hint on what to use if the engine pushes media types of Docker alone', async () => {
  await using cleanup = new Cleanup()
  const app = await ociOnlyRegistry(cleanup)
  const { address } = cleanup.use(await newerEngine({ imageStore: 'graphdriver' }))
  await expect(execute(app, { engine: { host: address } })).rejects.toMatchObject({
    code: 'PUSH_FAILED',
    hint: expect.stringContaining('containerd image store'),
  })
})
