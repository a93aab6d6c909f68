import { join } from 'node:path'
import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { makeBridge } from '../support/bridge.js'
import { Cleanup } from '../support/cleanup.js'
import { NAMESPACE, startKubernetes } from '../support/kubernetes/cluster.js'
import { buildctlFolder } from '../support/kubernetes/pod-program.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase } from './project.js'

it('a registry that pods reach by another name is used by both names', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('builder-registry'))
  const { address } = cleanup.use(await makeBridge())
  const server = cleanup.use(
    await startRegistry({ directory: join(path, 'registry'), host: '0.0.0.0', hostNames: [address] }),
  )
  const port = new URL(server.url).port
  const registry = `127.0.0.1:${port}`
  const target = { url: `http://${registry}`, host: registry }
  const base = await pushBase({ ...target, repository: 'base' }, { platform: AMD64 })
  const tools = await pushBase({ ...target, repository: 'tools' }, { platform: AMD64, files: { tool: 'sharp' } })
  const engine = cleanup.use(await newerEngine())
  const pod = { name: 'b-0', path: cleanup.use(await buildctlFolder(engine.socketPath)).path }
  const { env } = cleanup.use(await startKubernetes({ pods: [pod] }))
  const app = pipeline(`${registry}/app`)
    .platforms(platform('amd64', { base: fromImage(base) }))
    .build({
      context: false,
      dockerfileInline: `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nCOPY --from=${tools} /tool /\nRUN grep -q sharp /tool\n`,
      network: 'none',
      cache: 'registry',
    })
    .tags('1')
  const builders = [{ host: `kube-pod://b-0?namespace=${NAMESPACE}`, env }]

  // Its own loopback is another one.
  const refused = await plan(app, { registry, builders })
  expect(refused.errors).toMatchObject([
    { code: 'ENGINE_CANNOT_REACH_REGISTRY', hint: expect.stringContaining('--builder-registry') },
  ])
  const wrong = await plan(app, { registry, builders, builderRegistry: `${address}:1` })
  expect(wrong.errors).toMatchObject([{ code: 'ENGINE_CANNOT_REACH_REGISTRY' }])

  const options = { registry, builders, builderRegistry: `${address}:${port}` }
  const { outcome } = await execute(app, options)
  expect(outcome).toBe('succeeded')
  expect((await inspect(`${registry}/app:1`)).images).toMatchObject([{ declared: AMD64 }])
  const again = await plan(app, options)
  expect(again.nodes.filter(({ action }) => action !== 'reuse')).toEqual([])
})
