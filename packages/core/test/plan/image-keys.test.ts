import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { definePlugin } from '../../src/definition/plugin/index.js'
import { type BuildSettings, fromImage, type Pipeline, pipeline, plan, platform } from '../../src/index.js'
import { startRegistry } from '../../src/registry-server/index.js'

const cleanup = new Cleanup()
let host: string
let base: string
let directory: string

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('image-keys')).path
  const registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
  host = registry.host
  base = `${host}/base:1`
  await mkdir(join(directory, 'app'))
  await writeFile(join(directory, 'app/Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE} AS Final\n')
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' }, files: { x: 'one' } })
  await pushTinyImage({ url: registry.url, repository: 'base' }, image, '1')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

function app(from = fromImage(base), build: Partial<BuildSettings> = {}): Pipeline {
  return pipeline(`${host}/app`)
    .platforms(platform('amd64', { base: from }))
    .build({ context: 'app', ...build })
}

/** The key of the only image, as a plan computes it: no engine is needed for that. */
async function keyOf(one: Pipeline): Promise<string | undefined> {
  const engine = { host: 'unix:///nowhere/docker.sock' }
  const { nodes } = await plan(one, { directory, engine })
  return nodes.find(({ pipeline: id, kind }) => kind === 'image' && id === 'app')?.key
}

/** The same base by a plugin, which checks what is built on it. */
function checkedBy(check?: readonly string[]): Pipeline {
  const source = () =>
    ({
      kind: 'registry',
      reference: base,
      configPolicy: 'require-match',
      ...(check !== undefined && { check }),
    }) as const
  const bases = { tiny: { platforms: ['linux/amd64'], optionNames: [], source } }
  return pipeline(`${host}/app`)
    .use(definePlugin({ name: 'polyarch-plugin-tiny', bases }))
    .platforms(platform('amd64', { base: 'tiny' }))
    .build({ context: 'app' })
}

describe('the key of an image', () => {
  it.each([
    ['configPolicy', fromImageWith({ configPolicy: 'trust-declared' })],
    ['codePolicy', fromImageWith({ codePolicy: 'trust-declared' })],
  ])('covers the %s of its base', async (_policy, from) => {
    expect(await keyOf(app(from()))).not.toBe(await keyOf(app()))
  })

  it('does not change if a default policy is written out', async () => {
    const written = fromImage(base, { configPolicy: 'require-match', codePolicy: 'require-match' })
    expect(await keyOf(app(written))).toBe(await keyOf(app()))
  })

  it('does not cover the check of a plugin, which is a test with a key of its own', async () => {
    const [without, one, other] = await Promise.all([
      keyOf(checkedBy()),
      keyOf(checkedBy(['true'])),
      keyOf(checkedBy(['sh', '-c', 'true'])),
    ])
    expect(new Set([without, one, other]).size).toBe(1)
    expect(without).toBe(await keyOf(app()))
  })

  it('does not depend on the order of hosts, but on that of the addresses of one host', async () => {
    const keyWith = (...addHosts: readonly string[]) => keyOf(app(undefined, { addHosts }))
    const key = await keyWith('a.example:10.0.0.1', 'b.example:10.0.0.2')
    expect(await keyWith('b.example:10.0.0.2', 'a.example:10.0.0.1')).toBe(key)
    const twice = await keyWith('a.example:10.0.0.1', 'a.example:10.0.0.2')
    expect(await keyWith('a.example:10.0.0.2', 'a.example:10.0.0.1')).not.toBe(twice)
  })

  it('does not depend on how the name of the target is spelt', async () => {
    const keyWith = (target: string) => keyOf(app(undefined, { target }))
    expect(await keyWith('FINAL')).toBe(await keyWith('final'))
  })
})

/** Late, since the registry has no address before the tests start. */
function fromImageWith(options: Parameters<typeof fromImage>[1]): () => ReturnType<typeof fromImage> {
  return () => fromImage(base, options)
}
