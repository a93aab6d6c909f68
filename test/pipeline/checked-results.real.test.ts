import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execute, fromImage, lock, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { encodeManifest, isIndex, MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import type { Platform } from '../../packages/core/src/model/platform.js'
import { parseReference } from '../../packages/core/src/model/reference.js'
import { inspect } from '../../packages/core/src/operations/images/index.js'
import { createRegistry } from '../../packages/core/src/registry/client.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { busyboxImage } from '../support/busybox-image.js'
import { Cleanup } from '../support/cleanup.js'
import { pushManifest, pushTinyImage } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { AMD64, ARM, pushBase, writeContext } from './project.js'

const ARMV6: Platform = { os: 'linux', architecture: 'arm', variant: 'v6' }

const cleanup = new Cleanup()
let registry: RegistryServer
let context: string
let folder: string

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('checked')).path
  registry = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
  context = await writeContext(join(folder, 'context'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

type Base = ReturnType<typeof fromImage>
type Declared = readonly [Platform, Base]

function app(name: string, ...platforms: readonly Declared[]) {
  const [first, ...rest] = platforms.map(([{ architecture, variant }, base]) =>
    platform(architecture, { ...(variant !== undefined && { variant }), base }),
  )
  if (first === undefined) throw new Error('a pipeline has a platform')
  return pipeline(`${registry.host}/${name}`)
    .platforms(first, ...rest)
    .build({ context })
    .tags('1')
}

const LIAR = { platform: ARM, codePlatform: ARM, configPlatform: AMD64 }

/** A base whose config states one platform and whose code is for another. */
function pushLiar(name: string, config: Platform, code: Platform): Promise<string> {
  return pushBase({ ...registry, repository: name }, { platform: code, codePlatform: code, configPlatform: config })
}

describe('a check counts for its platform and policies alone', () => {
  it('rejects a platform whose base another platform brought into the repository', async () => {
    const liar = await pushLiar('brought-base', AMD64, ARM)
    const trusted = fromImage(liar, { configPolicy: 'trust-declared' })
    await execute(app('brought', [ARM, trusted]))
    const both = app('brought', [AMD64, fromImage(liar)], [ARM, trusted])
    await expect(execute(both)).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
    expect((await inspect(`${registry.host}/brought:1`)).images).toMatchObject([{ declared: ARM }])
  })

  it('rejects v7 code under v6 after the same digest served v7', async () => {
    const trusted = fromImage(await pushLiar('variant-base', ARM, ARM), { configPolicy: 'trust-declared' })
    await execute(app('variant', [ARM, trusted]))
    const both = app('variant', [ARMV6, trusted], [ARM, trusted])
    await expect(execute(both)).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
  })

  it('rejects a base whose digest was pushed into the repository by hand', async () => {
    const liar = await pushLiar('by-hand-base', AMD64, ARM)
    await pushTinyImage({ ...registry, repository: 'by-hand' }, await busyboxImage(LIAR))
    await expect(execute(app('by-hand', [AMD64, fromImage(liar)]))).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
  })

  it.each([{ reuse: true }, { reuse: false }])(
    'refuses when the codePolicy is removed again, with %o',
    async (build) => {
      const name = `policy-${build.reuse}`
      const liar = await pushLiar(`${name}-base`, ARM, AMD64)
      await execute(app(name, [ARM, fromImage(liar, { codePolicy: 'trust-declared' })]))
      const strict = app(name, [ARM, fromImage(liar)]).build({ context, ...build })
      await expect(execute(strict)).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
    },
  )
})

describe('the lock', () => {
  /** Locks two platforms of one pipeline, publishes them, and builds again with an edited file. */
  async function runEdited(name: string, edit: (text: string) => string) {
    const directory = cleanup.use(await tempFolder('checked-lock')).path
    const target = (repository: string) => ({ ...registry, repository })
    const first = await pushBase(target(`${name}-base`), { platform: AMD64 })
    await pushTinyImage(target(`${name}-base`), await busyboxImage({ platform: ARM }), '2')
    const built = app(name, [AMD64, fromImage(first)], [ARM, fromImage(first.replace(/1$/, '2'))])
    const { file } = await lock(built, { directory })
    await execute(built, { directory })
    await writeFile(file, edit(await readFile(file, 'utf8')))
    // A label makes every image out of date: a line is used where something is built by it.
    return execute(built.build({ context, labels: { run: 'second' } }), { directory })
  }

  it('rejects two lines whose digests were swapped', async () => {
    const meaning = / index=\S+ image=\S+ type=\S+ size=\S+/g
    const swapped = runEdited('swapped', (text) => {
      const found = text.match(meaning) ?? []
      return text.replace(meaning, () => found.pop() ?? '')
    })
    await expect(swapped).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
    for (const { declared, config } of (await inspect(`${registry.host}/swapped:1`)).images) {
      expect(config).toEqual(declared)
    }
  })

  it.each([
    ['an image that its index does not list', (text: string) => text.replace(/ image=\S+/, ` image=${UNKNOWN}`)],
    ['another index', (text: string) => text.replace(/(index=)\S+/, swapIndex(text))],
    ['another size', (text: string) => text.replace(/ size=(\d+)/, ' size=1$1')],
    ['another type', (text: string) => text.replace(/ type=\S+/, ` type=${MEDIA_TYPES.dockerManifest}`)],
  ])('rejects a line with %s', async (what, edit) => {
    const name = what.replaceAll(' ', '-')
    await expect(runEdited(name, edit)).rejects.toMatchObject({ code: 'LOCK_INVALID' })
  })
})

const UNKNOWN = `sha256:${'0'.repeat(64)}`

/** The index of the other line in place of the first one's. */
function swapIndex(text: string): string {
  const [, other = ''] = [...text.matchAll(/ index=(\S+)/g)].map(([, digest]) => digest)
  return `$1${other}`
}

describe('what a published index lists', () => {
  it('is built again after a cleaner has deleted one image', async () => {
    const base = fromImage(await pushBase({ ...registry, repository: 'cleaned-base' }, { platform: AMD64 }))
    const built = app('cleaned', [AMD64, base])
    await execute(built)
    const [image] = (await inspect(`${registry.host}/cleaned:1`)).images
    const deleted = await fetch(`${registry.url}/v2/cleaned/manifests/${image?.digest}`, { method: 'DELETE' })
    expect(deleted.status).toBe(202)
    const { nodes, notes } = await execute(built)
    expect(nodes.find(({ kind }) => kind === 'image')).toMatchObject({ outcome: 'made' })
    expect(notes).toEqual([expect.stringContaining(`cleaned@${image?.digest} was deleted`)])
    await expect(inspect(`${registry.host}/cleaned:1`)).resolves.toMatchObject({ images: [{ config: AMD64 }] })
  })

  it('is built again if another platform changes too', async () => {
    const [wide, narrow] = [
      fromImage(await pushBase({ ...registry, repository: 'half-base' }, { platform: AMD64 })),
      fromImage(await pushBase({ ...registry, repository: 'half-arm' }, { platform: ARM })),
    ]
    await execute(app('half', [AMD64, wide], [ARM, narrow]))
    const image = (await inspect(`${registry.host}/half:1`)).images.find(
      ({ declared }) => declared?.architecture === 'arm',
    )
    await fetch(`${registry.url}/v2/half/manifests/${image?.digest}`, { method: 'DELETE' })
    await pushBase({ ...registry, repository: 'half-base' }, { platform: AMD64, files: { newer: 'yes' } })
    const built = app('half', [AMD64, wide], [ARM, narrow])
    const { nodes } = await plan(built)
    expect(nodes.filter(({ kind }) => kind === 'image').map(({ why }) => why[0]?.kind)).toEqual([
      'base-moved',
      'deleted',
    ])
    await execute(built)
    const { images } = await inspect(`${registry.host}/half:1`)
    expect(images.map(({ config }) => config)).toEqual([AMD64, ARM])
  })

  it('is not believed if the key tag has another digest', async () => {
    const base = fromImage(await pushBase({ ...registry, repository: 'forged-base' }, { platform: AMD64 }))
    const built = app('forged', [AMD64, base])
    await execute(built)
    await using client = createRegistry()
    const name = `${registry.host}/forged`
    const reference = parseReference(`${name}:1`)
    const index = reference && (await client.getManifest(reference))
    if (index === undefined || !isIndex(index.content)) throw new Error('the index was published')
    const target = { ...registry, repository: 'forged' }
    const [real] = index.content.manifests
    const foreign = await inspect(await pushBase(target, { platform: AMD64, files: { forged: 'yes' } }))
    const size = Buffer.byteLength(await (await fetch(`${registry.url}/v2/forged/manifests/${foreign.digest}`)).text())
    const forged = { ...index.content, manifests: [{ ...real, digest: foreign.digest, size }] }
    await pushManifest(target, encodeManifest(forged as typeof index.content, index.descriptor.mediaType), '1')
    await execute(built)
    expect((await inspect(`${name}:1`)).images).toMatchObject([{ digest: real?.digest }])
  })
})
