import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushBlob } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { packFiles, type TinyFile } from '../../../../test/support/tiny-image.js'
import { createCodeReader } from '../../src/machine-code/image-code.js'
import { type Digest, digestOf } from '../../src/model/digest.js'
import { RegistryError } from '../../src/model/errors.js'
import { type Descriptor, type ImageConfig, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import type { Registry } from '../../src/registry/port.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'
import { archiveOf, paxHeader } from '../context/hostile-archives.js'
import { armAttributes, elfFile } from './elf-file.js'
import { zstdFrame } from './zstd-frame.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM = { os: 'linux', architecture: 'arm', variant: 'v7' }

const program = (content: Uint8Array): TinyFile => ({ content, mode: 0o755 })
const amd64 = program(elfFile({ machine: 62, bits: 64, padding: 5000 }))
const arm = program(elfFile({ machine: 40, attributes: armAttributes(10, true), padding: 70_000 }))
const script = program(Buffer.from('#!/bin/bash\n'))

type Files = Readonly<Record<string, TinyFile>>

describe('the machine code of an image', () => {
  const cleanup = new Cleanup()
  let server: RegistryServer
  let registry: Registry

  beforeAll(async () => {
    const { path } = cleanup.use(await tempFolder('code'))
    server = cleanup.use(await startRegistry({ directory: join(path, 'registry') }))
    registry = cleanup.use(createRegistry())
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  async function pushLayer(bytes: Uint8Array, mediaType: string): Promise<Descriptor> {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength }
    await pushBlob({ url: server.url, repository: 'app' }, { descriptor, bytes })
    return descriptor
  }

  const place = () => ({ registry: server.host, repository: 'app' })

  async function pushLayers(layers: readonly Files[]): Promise<readonly Descriptor[]> {
    const packed = await Promise.all(layers.map((files) => packFiles(files)))
    return Promise.all(packed.map((tar) => pushLayer(zlib.gzipSync(tar), MEDIA_TYPES.ociLayerGzip)))
  }

  async function checkLayers(layers: readonly Descriptor[], platform = AMD64, config: ImageConfig['config'] = {}) {
    const image = { repository: place(), manifest: { layers }, config: { config } }
    return createCodeReader().check(image, platform, registry, {})
  }

  async function check(layers: readonly Files[], platform = AMD64, config: ImageConfig['config'] = {}) {
    return checkLayers(await pushLayers(layers), platform, config)
  }

  it('is that of its shell, found through links and a merged /usr', async () => {
    const layer = {
      bin: { linkTo: 'usr/bin' },
      'usr/bin/sh': { linkTo: '/etc/alternatives/sh' },
      'etc/alternatives/sh': { linkTo: '../../usr/bin/dash' },
      'usr/bin/dash': amd64,
      'lib/ld-linux-armhf.so.3': arm,
    }
    expect(await check([layer])).toEqual({ verdict: 'match', path: '/usr/bin/dash', found: 'amd64' })
    expect(await check([layer], ARM)).toEqual({ verdict: 'mismatch', path: '/usr/bin/dash', found: 'amd64' })
  })

  it('is what an upper layer puts in the place of a lower one', async () => {
    expect(await check([{ 'bin/sh': amd64 }, { 'bin/sh': arm }], ARM)).toMatchObject({ verdict: 'match' })
    expect(await check([{ 'bin/sh': arm }, { 'bin/sh': amd64 }], ARM)).toMatchObject({ verdict: 'mismatch' })
    const moved = [{ 'bin/sh': arm, 'usr/bin/sh': amd64 }, { bin: { linkTo: 'usr/bin' } }]
    expect(await check(moved)).toMatchObject({ verdict: 'match', path: '/usr/bin/sh' })
  })

  it.each([
    ['the file', { 'bin/.wh.sh': '' }],
    ['the directory', { '.wh.bin': '' }],
    ['all in the directory', { 'bin/.wh..wh..opq': '' }],
  ])('is not that of a shell that an upper layer removes by %s', async (_what, upper) => {
    const base: Files = { 'bin/sh': amd64, 'lib/ld-linux-armhf.so.3': arm }
    expect(await check([base, upper], ARM)).toMatchObject({ verdict: 'match', path: '/lib/ld-linux-armhf.so.3' })
  })

  it('is that of the command where there is neither shell nor loader, and else of any executable', async () => {
    const files = { 'opt/a': amd64, 'opt/b': arm }
    expect(await check([files], ARM, { Cmd: ['/opt/b'] })).toMatchObject({ verdict: 'match', path: '/opt/b' })
    const byPath = { Entrypoint: ['a'], Env: ['PATH=/bin:/opt'] }
    expect(await check([files], ARM, byPath)).toMatchObject({ verdict: 'mismatch', path: '/opt/a' })
    expect(await check([files], ARM)).toMatchObject({ verdict: 'match', path: '/opt/b' })
    expect(await check([{ 'opt/a': amd64 }], ARM)).toMatchObject({ verdict: 'mismatch', path: '/opt/a' })
  })

  it.each([
    ['there is none', {}, 'no executable'],
    ['there are only scripts', { 'bin/sh': script }, 'no executable'],
    ['nobody may execute it', { 'bin/sh': Buffer.from('\x7fELF') }, 'no executable'],
    ['links go round', { 'bin/sh': { linkTo: 'bash' }, 'bin/bash': { linkTo: 'sh' } }, 'no executable'],
  ])('is unknown where %s', async (_what, files, because) => {
    expect(await check([files])).toEqual({ verdict: 'unknown', because: expect.stringContaining(because) })
  })

  it('is unknown where ARM code has no attributes', async () => {
    const plain = program(elfFile({ machine: 40 }))
    expect(await check([{ 'bin/sh': plain }], ARM)).toMatchObject({ verdict: 'unknown', path: '/bin/sh', found: 'arm' })
    expect(await check([{ 'bin/sh': plain }])).toMatchObject({ verdict: 'mismatch' })
  })

  it.each([
    ['a size of no known form', archiveOf({ name: 'file', size: Buffer.alloc(12, 0xd4) }), 'size is not a number'],
    ['a path of a megabyte', archiveOf(paxHeader({ path: 'a/'.repeat(500_000) }), { name: 'x' }), 'more than 4096'],
    [
      'a path of 300 directories',
      archiveOf({ name: 'x' }, paxHeader({ path: 'a/'.repeat(300) }), { name: 'x' }),
      'more than 256',
    ],
  ])('is unknown if a layer has %s', async (_what, archive, because) => {
    const layer = await pushLayer(zlib.gzipSync(archive), MEDIA_TYPES.ociLayerGzip)
    expect(await checkLayers([layer])).toEqual({ verdict: 'unknown', because: expect.stringContaining(because) })
  })

  it('is unknown if the image has more files than are read', async () => {
    const directories = Array.from({ length: 300 }, (_, at) => [
      paxHeader({ path: `${at}/${'x'.repeat(4000)}` }),
      { name: 'x', type: '5' },
    ])
    const layer = await pushLayer(zlib.gzipSync(archiveOf(...directories.flat())), MEDIA_TYPES.ociLayerGzip)
    const because = 'the image cannot be read: it has more files than the limit for an image'
    expect(await checkLayers(Array.from({ length: 300 }, () => layer))).toEqual({ verdict: 'unknown', because })
  })

  it('is unknown if a layer cannot be read', async () => {
    const damaged = await pushLayer(Buffer.from('this is no archive'), MEDIA_TYPES.ociLayerGzip)
    expect(await checkLayers([damaged])).toMatchObject({
      verdict: 'unknown',
      because: expect.stringContaining('cannot be read'),
    })
  })

  it('is read from layers that are not compressed, too', async () => {
    const layer = await pushLayer(await packFiles({ 'bin/sh': amd64 }), MEDIA_TYPES.ociLayer)
    expect(await checkLayers([layer])).toMatchObject({ verdict: 'match' })
  })

  it('is read from layers compressed with zstd, or reported not to be where Node.js cannot', async () => {
    const layer = await pushLayer(zstdFrame(await packFiles({ 'bin/sh': amd64 })), MEDIA_TYPES.ociLayerZstd)
    const known = { verdict: 'match', path: '/bin/sh', found: 'amd64' }
    const unknown = { verdict: 'unknown', because: expect.stringContaining('zstd') }
    expect(await checkLayers([layer])).toEqual('createZstdDecompress' in zlib ? known : unknown)
  })

  it('fails if the bytes are not those that were promised', async () => {
    const layer = await pushLayer(await packFiles({ 'bin/sh': amd64 }), MEDIA_TYPES.ociLayer)
    await expect(checkLayers([{ ...layer, digest: digestOf(Buffer.from('gone')) }])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('is not looked for any longer once it was cancelled', async () => {
    const layer = await pushLayer(zlib.gzipSync(await packFiles({ 'bin/sh': amd64 })), MEDIA_TYPES.ociLayerGzip)
    const image = { repository: place(), manifest: { layers: [layer] }, config: {} }
    const signal = AbortSignal.abort()
    await expect(createCodeReader().check(image, AMD64, registry, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })

  it('is read from elsewhere if another image, whose layer it shares, cannot be read', async () => {
    const layer = await pushLayer(zlib.gzipSync(await packFiles({ 'bin/sh': amd64 })), MEDIA_TYPES.ociLayerGzip)
    const image = { repository: place(), manifest: { layers: [layer] }, config: {} }
    const reads = new EventEmitter()
    const [isReading, isWaiting] = [once(reads, 'reading'), once(reads, 'waiting')]
    const broken: Registry = {
      ...registry,
      async readBlob() {
        reads.emit('reading')
        await isWaiting
        throw new RegistryError('REGISTRY_UNREACHABLE', 'it is gone')
      },
    }
    const reader = createCodeReader()
    const first = expect(reader.check(image, AMD64, broken, {})).rejects.toMatchObject({ message: 'it is gone' })
    await isReading
    const second = reader.check(image, AMD64, registry, {})
    setImmediate(() => reads.emit('waiting'))
    await expect(second).resolves.toMatchObject({ verdict: 'match' })
    await first
  })

  describe('over a base that was compared before', () => {
    const configOf = (diff_ids: readonly Digest[]): ImageConfig => ({ rootfs: { type: 'layers', diff_ids } })

    const over = async (base: Files, upper: Files, config: ImageConfig['config'] = {}) => {
      const layers = await pushLayers([base, upper])
      const contents = layers.map(({ digest }) => digestOf(Buffer.from(digest)))
      const reads: string[] = []
      const counting: Registry = {
        ...registry,
        readBlob: (repository, layer, call) => {
          reads.push(layer.digest)
          return registry.readBlob(repository, layer, call)
        },
      }
      const image = { repository: place(), manifest: { layers }, config: { ...configOf(contents), config } }
      const checked = { ...image, checkedBase: configOf(contents.slice(0, 1)) }
      const verdict = await createCodeReader().check(checked, ARM, counting, {})
      return { verdict, reads: reads.map((digest) => layers.findIndex((layer) => layer.digest === digest)) }
    }

    it('is that of the base if there is none of its own, and the base is not read', async () => {
      const { verdict, reads } = await over({ 'bin/sh': arm }, { 'etc/motd': '', 'bin/script': script })
      expect(verdict).toEqual({ verdict: 'as-base' })
      expect(reads).toEqual([1])
    })

    it('is its own if all of that fits', async () => {
      const { verdict, reads } = await over({ 'bin/sh': arm }, { 'opt/tool': arm })
      expect(verdict).toMatchObject({ verdict: 'match', path: '/opt/tool' })
      expect(reads).toEqual([1])
    })

    it('is looked for in all layers if some of its own, or a command in the base, is for another platform', async () => {
      expect(await over({ 'bin/sh': arm }, { 'opt/firmware': amd64 })).toMatchObject({
        verdict: { verdict: 'match', path: '/bin/sh' },
        reads: [1, 0],
      })
      expect(await over({ 'bin/sh': arm }, { 'bin/sh': amd64 })).toMatchObject({ verdict: { verdict: 'mismatch' } })
      const command = await over({ 'bin/sh': arm, 'opt/other': amd64 }, { motd: '' }, { Cmd: ['/opt/other'] })
      expect(command).toMatchObject({ verdict: { verdict: 'mismatch', path: '/opt/other' }, reads: [1, 0] })
    })

    it('is looked for in all layers if its base is another one', async () => {
      const checkedBase = configOf([digestOf(Buffer.from('another'))])
      const layers = await pushLayers([{ 'bin/sh': amd64 }, { 'etc/motd': '' }])
      const image = { repository: place(), manifest: { layers }, config: configOf(layers.map(({ digest }) => digest)) }
      expect(await createCodeReader().check({ ...image, checkedBase }, ARM, registry, {})).toMatchObject({
        verdict: 'mismatch',
      })
    })
  })

  describe('with a registry that answers otherwise', () => {
    const sh = async (mediaType: string = MEDIA_TYPES.ociLayerGzip) =>
      pushLayer(zlib.gzipSync(await packFiles({ 'bin/sh': amd64 })), mediaType)
    const broken = (error: Error): Registry => ({
      ...registry,
      readBlob: async () => new Readable({ read: () => {} }).destroy(error),
    })
    const image = (layers: readonly Descriptor[]) => ({ repository: place(), manifest: { layers }, config: {} })

    it('is an error of the registry, a cancelled run, or unknown with the reason', async () => {
      const layer = await sh()
      const reader = createCodeReader()
      const lost = new RegistryError('DIGEST_MISMATCH', 'other bytes')
      await expect(reader.check(image([layer]), AMD64, broken(lost), {})).rejects.toBe(lost)
      const controller = new AbortController()
      const stopping: Registry = {
        ...registry,
        async readBlob() {
          controller.abort('enough')
          return new Readable({ read: () => {} }).destroy(new Error('aborted'))
        },
      }
      const cancelled = reader.check(image([layer]), AMD64, stopping, { signal: controller.signal })
      await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
      const because = `layer ${layer.digest} cannot be read: too short`
      const short = broken(new Error('too short'))
      expect(await reader.check(image([layer]), AMD64, short, {})).toEqual({ verdict: 'unknown', because })
      expect(await reader.check(image([layer]), AMD64, registry, {})).toMatchObject({ because })
    })

    it('is unknown of another system, and of a layer that is kept elsewhere', async () => {
      const because = 'machine code of windows is not checked'
      expect(await checkLayers([], { ...AMD64, os: 'windows' })).toEqual({ verdict: 'unknown', because })
      const foreign = { ...(await sh(MEDIA_TYPES.dockerForeignLayerGzip)), urls: ['https://layers.example/1'] }
      expect(await checkLayers([foreign])).toMatchObject({ because: `layer ${foreign.digest} is not in the registry` })
      expect(await checkLayers([await sh(MEDIA_TYPES.dockerLayerGzip)])).toMatchObject({ verdict: 'match' })
    })
  })
})
