import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromImage, pipeline, plan, platform } from '../../packages/core/src/index.js'
import { digestOf } from '../../packages/core/src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../packages/core/src/model/oci.js'
import { assemble, inspect } from '../../packages/core/src/operations/images/index.js'
import { writeRootDirectory } from '../../packages/core/src/operations/outputs/root-output.js'
import { createRegistry } from '../../packages/core/src/registry/index.js'
import { type RegistryServer, startRegistry } from '../../packages/core/src/registry-server/index.js'
import { archiveOf, hostileArchives, paxHeader } from '../../packages/core/test/context/hostile-archives.js'
import { elfFile } from '../../packages/core/test/machine-code/elf-file.js'
import { Cleanup } from '../support/cleanup.js'
import { pushBlob, pushManifest } from '../support/push-tiny.js'
import { tempFolder } from '../support/temp-folder.js'
import { expectHarmless } from './harmless.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const SIZE = 64 * 1024

const cleanup = new Cleanup()
let directory: string
let server: RegistryServer
let outputs = 0

beforeAll(async () => {
  directory = cleanup.use(await tempFolder('hostile-images')).path
  await mkdir(join(directory, 'outputs'))
  server = cleanup.use(await startRegistry({ directory: join(directory, 'registry') }))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

async function push(bytes: Uint8Array, mediaType: string) {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
  await pushBlob({ url: server.url, repository: 'app' }, { descriptor, bytes })
  return descriptor
}

/** Pushes an image with this config and these layers. @returns its manifest */
async function pushImage(config: unknown, ...layers: readonly Uint8Array[]) {
  const text = typeof config === 'string' ? config : JSON.stringify(config)
  const content = {
    schemaVersion: 2,
    config: await push(Buffer.from(text), MEDIA_TYPES.ociConfig),
    layers: await Promise.all(layers.map((layer) => push(layer, MEDIA_TYPES.ociLayerGzip))),
  } as const
  const manifest = encodeManifest(content, MEDIA_TYPES.ociManifest)
  await pushManifest({ url: server.url, repository: 'app' }, manifest, '1')
  return content
}

/** A path in a directory of its own, where what is made beside it is seen. */
function newPath(): string {
  outputs += 1
  return join(directory, 'outputs', `${outputs}`)
}

/** Reads the image in every way that there is. @param size - of its layers, unpacked */
async function readImage(name: string, manifest: Awaited<ReturnType<typeof pushImage>>, size = SIZE): Promise<void> {
  const image = `${server.host}/app:1`
  const app = pipeline(`${server.host}/made`)
    .platforms(platform('amd64', { base: fromImage(image) }))
    .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
    .tags('1')
  await using registry = createRegistry()
  const reference = { registry: server.host, repository: 'app', tag: '1' }
  const works = {
    inspect: () => inspect(image),
    assemble: () => assemble(`${server.host}/assembled:1`, [image]),
    plan: () => plan(app, { directory, build: false }),
    write: () => writeRootDirectory([{ reference, manifest, platform: AMD64 }], newPath(), registry, {}),
  }
  for (const [work, run] of Object.entries(works)) await expectHarmless(`${work}, ${name}`, size, run)
}

const deep = (text: string) => text.repeat(20_000)

const CONFIGS: Readonly<Record<string, unknown>> = {
  'is not JSON': '{',
  'is null': null,
  'is a list': [],
  'is deep': `{"config":${deep('{"a":')}`,
  'has no platform': {},
  'has a platform of wrong types': { os: 1, architecture: ['amd64'], variant: {} },
  'has a platform with control characters': { os: 'linux', architecture: '\u001b[2J\u009b::set-output name=x::y' },
  'has an entrypoint that is text': { ...AMD64, config: { Entrypoint: 'sh' } },
  'has a command of numbers': { ...AMD64, config: { Cmd: [1, null] } },
  'has an environment that is an object': { ...AMD64, config: { Env: { PATH: '/bin' } } },
  'has a path of many directories': { ...AMD64, config: { Env: [`PATH=${'/a:'.repeat(20_000)}`], Cmd: ['x'] } },
  'has triggers of wrong types': { ...AMD64, config: { OnBuild: [{}] } },
  'has a root file system of wrong types': { ...AMD64, rootfs: { diff_ids: { length: -1 } } },
  'has a root file system that is a text': { ...AMD64, rootfs: 'x', history: 'y', created: 5 },
  'has labels of wrong types': { ...AMD64, config: { Labels: [1], User: {}, WorkingDir: null } },
  'has a prototype': `{"os":"linux","architecture":"amd64","__proto__":{"polluted":1},"config":{"__proto__":{"Cmd":1}}}`,
}

describe('an image whose config', () => {
  test.each(Object.entries(CONFIGS))('%s', async (name, config) => {
    const layer = gzipSync(archiveOf({ name: 'bin/sh', content: elfFile({ machine: 62, bits: 64 }), mode: '0000755' }))
    await readImage(name, await pushImage(config, layer))
  })
})

/** The layer of the issue: a link of thousands of parts, each of which is a link. */
const LINKS = archiveOf(
  paxHeader({ linkpath: `${'a/'.repeat(2000)}x` }),
  { name: 'bin', type: '2' },
  paxHeader({ linkpath: `${'../'.repeat(1300)}bin` }),
  { name: 'a', type: '2' },
)

const LAYERS: Readonly<Record<string, Buffer>> = {
  'has a link with thousands of parts': LINKS,
  'has links in a circle': archiveOf(
    { name: 'bin', type: '2', link: 'a' },
    { name: 'a', type: '2', link: 'bin' },
    { name: 'bin/sh', content: '' },
  ),
  'has a hundred links in a row': archiveOf(
    ...Array.from({ length: 100 }, (_, at) => ({ name: at === 0 ? 'bin' : `l${at}`, type: '2', link: `l${at + 1}` })),
  ),
  'has a hundred names of a file': archiveOf(
    ...Array.from({ length: 100 }, (_, at) => ({ name: `n${at}`, type: '1', link: 'Dockerfile' })),
  ),
  'has marks of removal alone': archiveOf(
    ...Array.from({ length: 2000 }, () => ({ name: 'a/b/.wh..wh..opq' })),
    ...['.wh.', '.wh..', '.wh...', '.wh./', 'a/.wh..wh..opq/x', '.wh..wh.aufs'].map((name) => ({ name })),
  ),
  'is random': Buffer.alloc(SIZE, 'polyarch'),
  'has half of a program': archiveOf({
    name: 'bin/sh',
    mode: '0000755',
    content: elfFile({ machine: 40 }).subarray(0, 60),
  }),
}

describe('an image whose layer', () => {
  const archives = Object.entries(hostileArchives('/outside')).map(
    ([name, [archive]]) => [`has ${name}`, archive] as const,
  )
  test.each([...Object.entries(LAYERS), ...archives])('%s', async (name, archive) => {
    const config = { ...AMD64, rootfs: { type: 'layers', diff_ids: [digestOf(archive)] } }
    await readImage(name, await pushImage(config, gzipSync(archive)), Math.max(SIZE, archive.length))
  })

  test('is not compressed as its media type reports', async () => {
    await readImage('plain', await pushImage(AMD64, LINKS))
    await readImage('half', await pushImage(AMD64, gzipSync(LINKS).subarray(0, 50)))
  })

  test('leads out of the directory that it is written to leaves nothing there', async () => {
    for (const name of ['../outside', `${directory}/outputs/outside`, 'a/../../outside', 'a/../../../outside']) {
      await readImage('outside', await pushImage(AMD64, gzipSync(archiveOf({ name, content: 'x' }))))
    }
    expect(await readdir(directory)).not.toContain('outside')
    expect(await readdir(join(directory, 'outputs'))).not.toContain('outside')
  })
})
