import { join } from 'node:path'
import { expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase } from './project.js'

it('an image goes to the builder that has built it before, whichever it is', async () => {
  await using cleanup = new Cleanup()
  const { path } = cleanup.use(await tempFolder('past-builds'))
  const registry = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
  const engines = [cleanup.use(await newerEngine()), cleanup.use(await newerEngine())]
  const builders = engines.map(({ address }) => address)
  const base = await pushBase({ ...registry, repository: 'base' }, { platform: AMD64 })
  const app = (name: string, version: number) =>
    // By their name, the hash prefers the same builder for both.
    pipeline(`${registry.host}/${name}`, { name: 'app' })
      .platforms(platform('amd64', { base: fromImage(base) }))
      .build({
        context: false,
        dockerfileInline: `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\nRUN echo ${version} > /version\n`,
        network: 'none',
      })
      .tags('1')
  for (const [at, address] of builders.entries()) {
    const name = `app${at}`
    await execute(app(name, 1), { builders: [address] })
    const planned = await plan(app(name, 2), { builders })
    expect(planned.nodes.find(({ kind }) => kind === 'image')?.engine).toBe(address)
    const report = await execute(app(name, 2), { builders })
    expect(report.nodes.find(({ kind }) => kind === 'image')).toMatchObject({ outcome: 'made', engine: address })
  }
})
