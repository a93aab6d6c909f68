import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type ExecuteOptions,
  execute,
  fromImage,
  type Pipeline,
  pipeline,
  platform,
  type Report,
  type RunEvent,
} from '../../packages/core/src/index.js'
import { MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { Cleanup } from '../support/cleanup.js'
import { type DebianRegistry, startDebianRegistry } from '../support/debian-registry.js'
import { runImage } from '../support/run-image.js'
import { tempFolder } from '../support/temp-folder.js'
import { type Gate, startGate } from './gate.js'
import { firmwareOn } from './images/firmware.js'
import { sdkOn } from './images/sdk.js'
import { AMD64, ARM, pushBase } from './project.js'
import { tagsOf } from './published.js'

const SDK = ['sdk-armv7l', 'sdk-x86_64']
const TOOLS = ['tools-armv7l', 'tools-x86_64']

/** Every part of the first pipeline and of the second that is made for one platform, and the indexes above it. */
const ON_WIDE = [
  'sdk base(linux/amd64)',
  'sdk base index',
  'sdk image(linux/amd64)',
  'sdk index',
  'firmware image(linux/amd64)',
  'firmware index',
]

function made({ nodes }: Report): readonly string[] {
  return nodes.filter(({ outcome }) => outcome === 'made').map(({ node }) => node)
}

describe('three pipelines, the second on the first', () => {
  const cleanup = new Cleanup()
  let registry: DebianRegistry
  let vendor: DebianRegistry
  let gate: Gate
  let directory: string
  let sdk: Pipeline
  let firmware: Pipeline
  let tools: Pipeline
  let options: ExecuteOptions

  beforeAll(async () => {
    directory = cleanup.use(await tempFolder('side-by-side')).path
    registry = cleanup.use(await startDebianRegistry())
    vendor = cleanup.use(await startDebianRegistry())
    gate = cleanup.use(await startGate())
    for (const name of ['sdk', 'firmware', 'tools']) await writeDockerfile(name, `RUN echo ${name} >> /parts`)
    const narrow = await pushVendor('narrow', 'first')
    sdk = sdkOn({ wide: await pushVendor('wide', 'first'), narrow })
    firmware = firmwareOn(sdk)
    tools = pipeline('team/tools')
      .platforms(
        platform('amd64', { base: fromImage(await pushVendor('apart', 'first')) }),
        platform('arm', { variant: 'v7', base: fromImage(narrow) }),
      )
      .build({ context: 'tools', network: 'host' })
      .tags('1.0')
  })
  beforeEach(() => {
    options = { registry: registry.host, directory }
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  /** Every build waits at the gate after it has done what is its own, so that no cache spares it the waiting. */
  async function writeDockerfile(name: string, line: string): Promise<void> {
    await mkdir(join(directory, name), { recursive: true })
    const wait = `RUN ${gate.command(`${name}-$(uname -m)`)}`
    const text = ['ARG BASE_IMAGE', 'FROM ${BASE_IMAGE}', line, wait, 'CMD ["cat", "/parts"]', ''].join('\n')
    await writeFile(join(directory, name, 'Dockerfile'), text)
  }

  function pushVendor(name: 'wide' | 'narrow' | 'apart', text: string): Promise<string> {
    const files = { parts: `${text} ${name}\n`, unheard: randomUUID() }
    return pushBase({ ...vendor, repository: name }, { platform: name === 'narrow' ? ARM : AMD64, files })
  }

  async function visibleTags(): Promise<readonly string[]> {
    const names = ['sdk', 'firmware', 'tools'].map(async (name) =>
      (await tagsOf(registry.url, `team/${name}`)).map((tag) => `${name}:${tag}`),
    )
    return (await Promise.all(names)).flat().filter((name) => !name.includes(':polyarch-'))
  }

  /** Executes, and lets every build through once the first ones wait. */
  async function executeThroughGate(
    pipelines: readonly Pipeline[],
    first: readonly string[] | number,
    more: ExecuteOptions = {},
  ): Promise<{ readonly report: Report; readonly events: readonly RunEvent[] }> {
    const events: RunEvent[] = []
    gate.close()
    const run = execute(...pipelines, { ...options, ...more, onEvent: (event) => events.push(event) })
    run.catch(() => {})
    await gate.waitFor(first, run)
    expect(events.filter(({ kind }) => kind === 'tag-moved')).toEqual([])
    gate.open()
    return { report: await run, events }
  }

  it('build at once what depends on nothing else, then the rest, and move every name after all that', async () => {
    // All four wait for each other: one after the other, they would never get there.
    const { report, events } = await executeThroughGate([sdk, firmware, tools], [...SDK, ...TOOLS])
    expect(report.tags.map(({ reference }) => reference.slice(reference.indexOf('/') + 1))).toEqual([
      'team/sdk:2.1',
      'team/sdk:latest',
      'team/firmware:1.0',
      'team/tools:1.0',
    ])
    const kinds = events.map(({ kind }) => kind)
    expect(kinds.slice(kinds.indexOf('tag-moved'))).toEqual([
      ...Array.from({ length: 4 }, () => 'tag-moved'),
      'run-finished',
    ])
    expect(made(report)).toHaveLength(report.nodes.length)
    expect(report.nodes.filter(({ node }) => node.startsWith('firmware base'))).toEqual([])
  })

  it('give the second the first as its base on every platform', async () => {
    const sdkImages = (await inspect(`${registry.host}/team/sdk:2.1`)).images
    const { images } = await inspect(`${registry.host}/team/firmware:1.0`)
    expect(images.map(({ base }) => base?.digest)).toEqual(sdkImages.map(({ digest }) => digest))
    const reference = `${registry.host}/team/firmware:1.0`
    const outputs = [await runImage({ reference, platform: AMD64 }), await runImage({ reference, platform: ARM })]
    expect(outputs.map(({ output }) => output.split('\n'))).toEqual([
      ['first wide', 'sdk', 'firmware'],
      ['first narrow', 'sdk', 'firmware'],
    ])
  })

  it('build exactly what stands on a base that has changed', async () => {
    await pushVendor('wide', 'second')
    const { report } = await executeThroughGate([sdk, firmware, tools], ['sdk-x86_64'])
    expect(made(report)).toEqual(ON_WIDE)
    expect(report.tags.map(({ from, to }) => from === to)).toEqual([false, false, false, true])
    const { output } = await runImage({ reference: `${registry.host}/team/firmware:1.0`, platform: AMD64 })
    expect(output.split('\n')).toEqual(['second wide', 'sdk', 'firmware'])
  })

  it('build the second alone if its own context has changed', async () => {
    await writeDockerfile('firmware', 'RUN echo changed firmware >> /parts')
    const { report } = await executeThroughGate([sdk, firmware, tools], 2)
    expect(made(report)).toEqual(['firmware image(linux/amd64)', 'firmware image(linux/arm/v7)', 'firmware index'])
  })

  it('move no name of the first if the second alone is requested, and the first is done when it is', async () => {
    const names = async () => (await inspect(`${registry.host}/team/sdk:latest`)).digest
    const before = await names()
    await writeDockerfile('sdk', 'RUN echo changed sdk >> /parts')
    const { report } = await executeThroughGate([firmware], SDK)
    expect(made(report)).toContain('firmware index')
    expect(report.tags.map(({ reference }) => reference)).toEqual([`${registry.host}/team/firmware:1.0`])
    expect(await names()).toBe(before)
    const both = await execute(sdk, firmware, options)
    expect(made(both)).toEqual([])
    expect(both.tags.map(({ from, to }) => from === to)).toEqual([false, false, true])
    expect(await names()).not.toBe(before)
  })

  it('move no name of any if one fails', async () => {
    const digests = async () =>
      Promise.all((await visibleTags()).map(async (name) => (await inspect(`${registry.host}/team/${name}`)).digest))
    const before = await digests()
    await writeDockerfile('sdk', 'RUN echo once more >> /parts')
    await writeDockerfile('tools', 'RUN false')
    gate.open()
    await expect(execute(sdk, firmware, tools, options)).rejects.toMatchObject({ code: 'BUILD_FAILED' })
    expect(await digests()).toEqual(before)
    await writeDockerfile('tools', 'RUN echo tools >> /parts')
  })

  it('build no more images at a time than configured', async () => {
    await writeDockerfile('sdk', 'RUN echo bounded sdk >> /parts')
    await writeDockerfile('tools', 'RUN echo bounded tools >> /parts')
    const { events } = await executeThroughGate([sdk, tools], 2, { buildConcurrency: 2 })
    expect(mostImagesAtOnce(events)).toBe(2)
  })

  it('are published as Docker media types on request, one on the other, and as OCI again', async () => {
    gate.open()
    const dockerSdk = sdk.format('docker')
    const report = await execute(dockerSdk, firmwareOn(dockerSdk).format('docker'), options)
    expect(report.outcome).toBe('succeeded')
    const publishedTypes = async () =>
      Promise.all(
        ['sdk:2.1', 'firmware:1.0'].map(async (name) => {
          const { mediaType, images } = await inspect(`${registry.host}/team/${name}`)
          return [mediaType, ...images.map((image) => image.mediaType)]
        }),
      )
    const docker = [MEDIA_TYPES.dockerManifestList, MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerManifest]
    expect(await publishedTypes()).toEqual([docker, docker])
    expect(made(await execute(dockerSdk, firmwareOn(dockerSdk).format('docker'), options))).toEqual([])
    await execute(sdk, firmware, options)
    const oci = [MEDIA_TYPES.ociIndex, MEDIA_TYPES.ociManifest, MEDIA_TYPES.ociManifest]
    expect(await publishedTypes()).toEqual([oci, oci])
    expect(made(await execute(sdk, firmware, options))).toEqual([])
  })
})

/** How many images were being made at the same time, at most. */
function mostImagesAtOnce(events: readonly RunEvent[]): number {
  let now = 0
  let most = 0
  for (const event of events) {
    if (!('node' in event) || !event.node.includes(' image(')) continue
    if (event.kind === 'node-started') now++
    if (event.kind === 'node-finished') now--
    most = Math.max(most, now)
  }
  return most
}
