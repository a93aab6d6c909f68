import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, pushBase, writeContext } from './project.js'

const cleanup = new Cleanup()
let registry: RegistryServer
let folder: string
let source: string

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('fetched')).path
  registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
  const server = createServer((_request, response) => response.end('content\n')).listen(0, '127.0.0.1')
  cleanup.use({ [Symbol.asyncDispose]: async () => void server.close() })
  await once(server, 'listening')
  source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** What a base brings, and the line of a Dockerfile that uses it. */
const HIDDEN = [
  ['a variable of the base', () => ({ Env: [`PATH=/bin`, `SOURCE=${source}`] }), 'ADD $SOURCE /file'],
  ['a trigger of the base', () => ({ OnBuild: [`ADD ${source} /file`] }), ''],
] as const

describe.each(HIDDEN)('content from elsewhere that %s names', (what, config, line) => {
  it('is noted, built again or rejected, as if the Dockerfile named it', async () => {
    const name = what.replaceAll(' ', '-')
    const base = await pushBase({ ...registry, repository: `${name}-base` }, { platform: AMD64, config: config() })
    const context = await writeContext(join(folder, name), `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${line}`)
    const app = pipeline(`${registry.host}/${name}`)
      .platforms(platform('amd64', { base: fromImage(base) }))
      .build({ context })
      .tags('1')
    await execute(app)
    const { notes, nodes } = await plan(app)
    expect(notes).toContainEqual(expect.stringContaining(source))
    expect(nodes.find(({ kind }) => kind === 'image')?.action).toBe('reuse')
    const again = await plan(app.build({ context, unpinned: 'rebuild' }))
    expect(again.nodes.find(({ kind }) => kind === 'image')).toMatchObject({
      action: 'rebuild',
      why: [{ kind: 'unpinned', sources: [source] }],
    })
    const refused = execute(app.build({ context, unpinned: 'refuse' }), { reuse: false })
    await expect(refused).rejects.toMatchObject({ message: expect.stringContaining(source) })
  })
})
