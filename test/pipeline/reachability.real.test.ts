import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { secludedEngine } from '../support/own-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase, writeContext } from './project.js'

it('plan reports that the engine cannot reach the embedded registry, and a run pushes nothing', async () => {
  await using cleanup = new Cleanup()
  const { path: directory } = cleanup.use(await tempFolder('reachability'))
  const written: string[] = []
  const server = cleanup.use(
    await startRegistry({
      directory: `${directory}/registry`,
      onRequest: ({ method, path }) => {
        if (method !== 'GET' && method !== 'HEAD') written.push(`${method} ${path}`)
      },
    }),
  )
  const engine = cleanup.use(await secludedEngine())
  const base = await pushBase({ ...server, repository: 'base' }, { platform: AMD64 })
  const app = pipeline(`${server.host}/app`)
    .platforms(platform('amd64', { base: fromImage(base) }))
    .build({ context: await writeContext(`${directory}/context`, 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}') })
    .tags('1')
  written.length = 0

  const { errors } = await plan(app, { engine: { host: engine.address } })
  expect(errors).toMatchObject([
    { code: 'ENGINE_CANNOT_REACH_REGISTRY', message: expect.stringContaining(server.host) },
  ])
  expect(errors[0]?.hint).toContain('use a registry that this engine can reach')
  await expect(execute(app, { engine: { host: engine.address } })).rejects.toMatchObject({
    code: 'ENGINE_CANNOT_REACH_REGISTRY',
  })
  expect(written).toEqual([])
  expect((await plan(app)).errors).toEqual([])
})
