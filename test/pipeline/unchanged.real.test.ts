import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ExecuteOptions,
  execute,
  fromImage,
  lock,
  type Pipeline,
  pipeline,
  platform,
  type Report,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const BODY = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}'

describe('a pipeline whose bases are locked', () => {
  const cleanup = new Cleanup()
  const seen: string[] = []
  let registry: { readonly host: string; readonly url: string }
  let bases: readonly string[]
  let options: ExecuteOptions

  beforeAll(async () => {
    const directory = cleanup.use(await tempFolder('unchanged')).path
    registry = cleanup.use(
      await startRegistry({
        directory: join(directory, 'registry'),
        onRequest: ({ method, path }) => seen.push(`${method} ${path}`),
      }),
    )
    bases = await publishBases('first')
    await writeContext(join(directory, 'app'), BODY)
    options = { directory, frozen: true, engine: { host: 'unix:///nowhere/docker.sock' } }
    await lock(app(), { directory })
    await execute(app(), { directory, frozen: true })
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function publishBases(text: string): Promise<readonly string[]> {
    return [
      await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64, files: { text } }),
      await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM, files: { text } }),
    ]
  }

  function app(name = 'app'): Pipeline {
    const [wide = '', narrow = ''] = bases
    return pipeline(`${registry.host}/team/${name}`)
      .sharedBase(`${registry.host}/team/${name}-from:1`)
      .platforms(
        platform('amd64', { base: fromImage(wide) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ context: 'app' })
      .tags('1.0', 'latest')
  }

  function outcomes({ nodes }: Report): readonly string[] {
    return [...new Set(nodes.map(({ outcome }) => outcome))]
  }

  it('costs one read per name and image and two per named base, and no engine, if nothing has changed', async () => {
    seen.length = 0
    const report = await execute(app(), options)
    expect(outcomes(report)).toEqual(['reused'])
    const kinds = seen.map((request) => request.replace(/(?<=sha256:|polyarch-|polyarch-checked-)[0-9a-f]{64}$/, '…'))
    expect(kinds.toSorted()).toEqual([
      'GET /v2/team/app-from/manifests/1',
      'GET /v2/team/app-from/manifests/polyarch-checked-…',
      'GET /v2/team/app-from/manifests/polyarch-checked-…',
      'GET /v2/team/app/manifests/1.0',
      // Each image is there, and says what it was built from.
      'GET /v2/team/app/manifests/polyarch-…',
      'GET /v2/team/app/manifests/polyarch-…',
      'HEAD /v2/team/app-from/manifests/sha256:…',
      'HEAD /v2/team/app-from/manifests/sha256:…',
      'HEAD /v2/team/app/manifests/latest',
    ])
  })

  it('costs one more read per image if layers of reused images are reported', async () => {
    seen.length = 0
    const reported: string[] = []
    const onEvent = (event: RunEvent) => {
      if (event.kind !== 'work' || event.event.kind !== 'layers') return
      reported.push(event.node)
      expect(event.event.layers.every(({ size }) => size > 0)).toBe(true)
    }
    await execute(app(), { ...options, reportLayers: true, onEvent })
    expect(reported.toSorted()).toEqual(['app image(linux/amd64)', 'app image(linux/arm/v7)'])
    expect(seen).toHaveLength(11)
  })

  it('stays as it is where its bases move upstream, until the lock is updated', async () => {
    await publishBases('second')
    const report = await execute(app(), options)
    expect(outcomes(report)).toEqual(['reused'])
    const { directory } = options
    const file = join(directory ?? '', 'polyarch.lock')
    const before = await readFile(file)
    const { changes } = await lock(app(), { directory: directory ?? '', update: true })
    expect(changes.map(({ change }) => change)).toEqual(['moved', 'moved'])
    const updated = await execute(app(), { directory: directory ?? '', frozen: true })
    expect(outcomes(updated)).toEqual(['made'])
    await writeFile(file, before)
  })

  it('finds the images of an earlier lock by their key tags, and needs no engine to go back to them', async () => {
    const report = await execute(app(), options)
    const made = report.nodes.filter(({ outcome }) => outcome === 'made').map(({ kind }) => kind)
    expect(made).toEqual([])
    expect(report.tags.every(({ from, to }) => from !== undefined && from !== to)).toBe(true)
  })
})
