import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, fromImage, pipeline, platform } from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { newerEngine } from '../support/newer-engine.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase, writeContext } from './project.js'

const cleanup = new Cleanup()
let registry: RegistryServer
let folder: string

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('literal-base')).path
  registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const ENGINES: Readonly<Record<string, () => Promise<string | undefined>>> = {
  'the engine of this machine': async () => undefined,
  'a newer engine': async () => cleanup.use(await newerEngine()).address,
}

describe.each(Object.keys(ENGINES))('a Dockerfile that names the base image of every platform, on %s', (name) => {
  it('is built as it is, on the copied base, and again after the image has moved', async () => {
    const host = await ENGINES[name]?.()
    const options = host === undefined ? {} : { engine: { host } }
    const own = name.replaceAll(' ', '-')
    const push = (file: string) =>
      pushBase({ ...registry, repository: `${own}-base` }, { platform: AMD64, files: { [file]: '' } })
    const base = await push('first')
    const context = await writeContext(join(folder, own), `FROM ${base}\nRUN ls /first > /found\n`)
    const app = pipeline(`${registry.host}/${own}`)
      .platforms(platform('amd64', { base: fromImage(base) }))
      .build({ context, network: 'none' })
      .tags('1')
    const outcomes = async () => {
      const { nodes } = await execute(app, options)
      return nodes.map(({ kind, outcome }) => `${kind} ${outcome}`)
    }
    expect(await outcomes()).toContain('image made')
    const [image] = (await inspect(`${registry.host}/${own}:1`)).images
    expect(image?.base?.name).toBe(base)
    expect(await outcomes()).toContain('image reused')
    await push('second')
    // The new base lacks the file: what is built is based on it.
    await expect(execute(app, options)).rejects.toMatchObject({ code: 'BUILD_FAILED' })
  })
})
