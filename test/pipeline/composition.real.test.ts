import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  plan,
  platform,
  type Report,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { startRegistry } from '../../packages/core/src/registry-server/index.js'
import { Cleanup } from '../support/cleanup.js'
import { runImage } from '../support/run-image.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const BODY = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}'

function made({ nodes }: Report): readonly string[] {
  return nodes.filter(({ outcome }) => outcome === 'made').map(({ node }) => node)
}

describe('a pipeline that stands on another', () => {
  const cleanup = new Cleanup()
  const events: RunEvent[] = []
  let host: string
  let directory: string
  let sdk: Pipeline
  let beside: Pipeline

  /** The sdk with one value that its images hold. */
  function sdkWith(jobs: string): Pipeline {
    const { build } = sdk.declaration
    return sdk.build({ ...build, args: { JOBS: jobs } })
  }

  async function firmwareOn(base: Pipeline, who = 'firmware'): Promise<Pipeline> {
    const context = join(directory, 'firmware')
    await mkdir(context, { recursive: true })
    await writeFile(join(context, 'Dockerfile'), `${BODY}\nENV WHO=${who}\n`)
    return pipeline(`${host}/team/firmware`)
      .platforms(platform('amd64', { base }), platform('arm', { variant: 'v7', base }))
      .build({ context })
      .tags('1.0')
  }

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('composition')).path
    const registry = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
    host = registry.host
    // No layer of an earlier run may serve, for then nothing would overlap.
    const files = { unheard: randomUUID() }
    const wide = await pushBase({ ...registry, repository: 'wide' }, { platform: AMD64, files })
    const narrow = await pushBase({ ...registry, repository: 'narrow' }, { platform: ARM, files })
    const on = (name: string) =>
      pipeline(`${host}/team/${name}`)
        .platforms(
          platform('amd64', { base: fromImage(wide) }),
          platform('arm', { variant: 'v7', base: fromImage(narrow) }),
        )
        .tags('2.1')
    const context = await writeContext(join(directory, 'sdk'), BODY)
    sdk = on('sdk').build({ context })
    beside = on('beside').build({ context })
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  it('is executed with it as one graph: what is independent side by side, and all tags after all images', async () => {
    const base = sdkWith('1')
    const report = await execute(base, await firmwareOn(base), beside, {
      onEvent: (event) => events.push(event),
    })
    expect(report.outcome).toBe('succeeded')
    const order = events.flatMap((event) => {
      if (event.kind === 'node-started' || event.kind === 'node-finished') return [`${event.kind} ${event.node}`]
      return event.kind === 'tag-moved' ? ['tag'] : []
    })
    const at = (entry: string) => {
      expect(order).toContain(entry)
      return order.indexOf(entry)
    }
    const images = ['sdk image(linux/amd64)', 'sdk image(linux/arm/v7)', 'beside image(linux/amd64)']
    const lastStart = Math.max(...images.map((image) => at(`node-started ${image}`)))
    const firstEnd = Math.min(...images.map((image) => at(`node-finished ${image}`)))
    expect(lastStart).toBeLessThan(firstEnd)
    expect(at('node-finished sdk index')).toBeLessThan(at('node-started firmware image(linux/amd64)'))
    expect(order.slice(order.indexOf('tag'))).toEqual(['tag', 'tag', 'tag'])
    expect(report.tags.map(({ reference }) => reference)).toEqual([
      `${host}/team/sdk:2.1`,
      `${host}/team/firmware:1.0`,
      `${host}/team/beside:2.1`,
    ])
  })

  it('has the index of the other as its shared base, on every platform', async () => {
    const { images } = await inspect(`${host}/team/sdk:2.1`)
    const firmware = await inspect(`${host}/team/firmware:1.0`)
    expect(firmware.images.map(({ base }) => base?.digest)).toEqual(images.map(({ digest }) => digest))
    const result = await runImage({ reference: `${host}/team/firmware:1.0`, platform: ARM })
    expect(result).toEqual({
      exitCode: 0,
      output: 'hello firmware, tiny linux/arm/v7 for linux/arm/v7 with 1 jobs, as nobody',
    })
  })

  it('is built again alone if it alone has changed', async () => {
    const base = sdkWith('1')
    expect(made(await execute(base, await firmwareOn(base, 'other')))).toEqual([
      'firmware image(linux/amd64)',
      'firmware image(linux/arm/v7)',
      'firmware index',
    ])
  })

  it('is built again with the other, and nothing beside it, and the plan reports what it waits for', async () => {
    const base = sdkWith('2')
    const changed = await firmwareOn(base, 'other')
    const planned = await plan(base, changed, beside)
    expect(planned.nodes.find(({ node }) => node === 'firmware image(linux/amd64)')).toMatchObject({
      action: 'known-after',
      after: ['sdk image(linux/amd64)'],
    })
    const report = await execute(base, changed, beside)
    expect(made(report).map((node) => node.split(' ')[0])).toEqual([
      ...Array.from({ length: 3 }, () => 'sdk'),
      ...Array.from({ length: 3 }, () => 'firmware'),
    ])
    expect(report.tags.map(({ from, to }) => from === to)).toEqual([false, false, true])
  })

  it('moves no name of the other if it alone is requested', async () => {
    const before = (await inspect(`${host}/team/sdk:2.1`)).digest
    const report = await execute(await firmwareOn(sdkWith('3')))
    expect(made(report)).toContain('sdk image(linux/amd64)')
    expect(report.tags.map(({ reference }) => reference)).toEqual([`${host}/team/firmware:1.0`])
    expect((await inspect(`${host}/team/sdk:2.1`)).digest).toBe(before)
  })
})
