import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { contentPath } from '../../src/layout/layout-format.js'
import { parseLayoutReference } from '../../src/layout/layout-reference.js'
import { withLayouts } from '../../src/layout/layout-registry.js'
import { digestOf } from '../../src/model/digest.js'
import { CancelledError, HostError } from '../../src/model/errors.js'
import { MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import type { Reference } from '../../src/model/reference.js'
import type { RegistryEvent } from '../../src/model/run/events.js'
import { createRegistry } from '../../src/registry/client.js'
import { copyManifest } from '../../src/registry/copy/copy.js'
import type { Registry } from '../../src/registry/port.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'
import { pushImage, sourceOf } from '../registry/contract.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

const cleanup = new Cleanup()
let folder: string
let server: RegistryServer
let registry: Registry
let images: readonly TinyImage[]
let index: StoredManifest
let source: Reference
let count = 0

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('layout')).path
  server = cleanup.use(await startRegistry({ directory: join(folder, 'registry') }))
  registry = cleanup.use(withLayouts(createRegistry()))
  const files = { shared: randomBytes(1000) }
  images = await Promise.all([AMD64, ARMV7].map((platform) => tinyImage({ platform, files })))
  index = tinyIndex(images)
  source = { registry: server.host, repository: 'app', tag: '1.0' }
  for (const image of images) await pushImage(registry, source, image)
  await registry.putManifest(source, index)
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** A directory that does not exist yet. */
function fresh(): string {
  count += 1
  return join(folder, `layout-${count}`)
}

function named(directory: string, name = ''): Reference {
  const reference = parseLayoutReference(`oci:${directory}${name && `:${name}`}`)
  if (reference === undefined) throw new Error('it is a reference')
  return reference
}

const first = () => images[0] as TinyImage

describe('a layout', () => {
  test('has every byte of what was copied there, and no more files than the specification names', async () => {
    const directory = fresh()
    const events: RegistryEvent[] = []
    const onEvent = (event: RegistryEvent) => void events.push(event)
    expect((await copyManifest(registry, source, named(directory, 'app'), { onEvent })).descriptor).toEqual(
      index.descriptor,
    )
    expect(await registry.getManifest(named(directory, 'app'))).toEqual(index)
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    const downloads = events.flatMap((event) =>
      event.kind === 'transfer' && event.bytes === event.total ? [event.digest] : [],
    )
    // The two images share their layer.
    expect(new Set(downloads).size).toBe(3)
    expect(downloads).toHaveLength(3)
    for (const name of await readdir(join(directory, 'blobs/sha256'))) {
      expect(digestOf(await readFile(join(directory, 'blobs/sha256', name)))).toBe(`sha256:${name}`)
    }
    expect(JSON.parse(await readFile(join(directory, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' })
  })

  test('goes back to a registry with the same digest, and from layout to layout', async () => {
    const [one, two] = [fresh(), fresh()]
    await copyManifest(registry, source, named(one, 'app'))
    await copyManifest(registry, named(one), named(two, 'other'))
    const back = { registry: server.host, repository: 'back', tag: '1' }
    expect((await copyManifest(registry, named(two), back)).descriptor).toEqual(index.descriptor)
    expect(await registry.resolve(back)).toEqual(index.descriptor)
  })

  test('keeps all names that are given at one time, by clients that know nothing of each other', async () => {
    const directory = fresh()
    const names = Array.from({ length: 12 }, (_, at) => `name-${at}`)
    await Promise.all(
      names.map(async (name) => {
        await using other = withLayouts(createRegistry())
        await copyManifest(other, source, named(directory, name))
      }),
    )
    expect([...(await registry.listTags(named(directory)))].sort()).toEqual(names.sort())
  })

  test('moves a name and keeps the others; takes away a name, or all names of a digest', async () => {
    const directory = fresh()
    await copyManifest(registry, source, named(directory, 'a'))
    await copyManifest(registry, source, named(directory, 'b'))
    const image = first().manifest.descriptor
    await copyManifest(registry, { ...named(directory), digest: image.digest }, named(directory, 'a'))
    expect((await registry.resolve(named(directory, 'a')))?.digest).toBe(image.digest)
    expect((await registry.resolve(named(directory, 'b')))?.digest).toBe(index.descriptor.digest)
    await registry.deleteManifest(named(directory, 'b'))
    expect(await registry.listTags(named(directory))).toEqual(['a'])
    await registry.deleteManifest({ ...named(directory), digest: image.digest })
    expect(await registry.listTags(named(directory))).toEqual([])
  })

  test('without a name returns its only image; with several images, the error lists their names', async () => {
    const directory = fresh()
    await copyManifest(registry, source, named(directory, 'a'))
    expect(await registry.resolve(named(directory))).toEqual(index.descriptor)
    await copyManifest(registry, source, named(directory, 'b'))
    await expect(registry.resolve(named(directory))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('a, b'),
    })
  })

  test('that does not exist has no names and no images', async () => {
    expect(await registry.listTags(named(fresh()))).toEqual([])
    expect(await registry.resolve(named(fresh(), 'x'))).toBeUndefined()
  })
})

describe('what a layout does not take', () => {
  test.each(['manifest', 'list'])('a %s of Docker, which strict readers refuse', async (kind) => {
    const image = await tinyImage({ platform: AMD64, dialect: 'docker' })
    const to = { registry: server.host, repository: 'docker', tag: kind }
    await pushImage(registry, to, image, kind)
    if (kind === 'list') await registry.putManifest(to, tinyIndex([image], 'docker'))
    const directory = fresh()
    await expect(copyManifest(registry, to, named(directory, 'x'))).rejects.toMatchObject({
      code: 'MANIFEST_UNSUPPORTED',
    })
    expect(await registry.listTags(named(directory))).toEqual([])
  })

  test('but an OCI index may have images of Docker, which get no names in the layout', async () => {
    const image = await tinyImage({ platform: AMD64, dialect: 'docker' })
    const mixed = { registry: server.host, repository: 'mixed', tag: '1' }
    await pushImage(registry, mixed, image)
    await registry.putManifest(mixed, tinyIndex([image], 'oci'))
    const directory = fresh()
    const { descriptor } = await copyManifest(registry, mixed, named(directory, 'x'))
    expect((await registry.resolve(named(directory)))?.digest).toBe(descriptor.digest)
  })

  test('a name for what lacks a part', async () => {
    const directory = fresh()
    await copyManifest(registry, source, named(directory, 'whole'))
    await rm(contentPath(directory, first().layer.descriptor.digest))
    await expect(copyManifest(registry, source, named(directory, 'thin'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await registry.listTags(named(directory))).toEqual(['whole'])
  })

  test('another manifest than the digest in its name states', async () => {
    const directory = fresh()
    const to = { ...named(directory, 'x'), digest: digestOf('something else') }
    await expect(registry.putManifest(to, index)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test('anything, if it is the embedded registry’s', async () => {
    const to = named(join(folder, 'registry'), 'x')
    await expect(copyManifest(registry, source, to)).rejects.toBeInstanceOf(HostError)
    await expect(registry.deleteManifest({ ...to, tag: 'app:1.0' })).rejects.toMatchObject({ code: 'DIRECTORY_IN_USE' })
    expect(await registry.listTags(to)).toContain('app:1.0')
  })

  test('bytes of another digest: nothing of them stays', async () => {
    const directory = fresh()
    const descriptor = { digest: digestOf('wanted'), size: 5 }
    const written = registry.writeBlob(named(directory), {
      descriptor,
      open: () => Readable.from([Buffer.from('other')]),
    })
    await expect(written).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await registry.hasBlob(named(directory), descriptor.digest)).toBe(false)
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'oci-layout'])
  })

  test('an index.json that is none', async () => {
    const directory = fresh()
    await mkdir(directory)
    await writeFile(join(directory, 'index.json'), '{"of":"something else"}')
    await expect(copyManifest(registry, source, named(directory, 'x'))).rejects.toMatchObject({
      code: 'MANIFEST_UNSUPPORTED',
    })
    expect(await readFile(join(directory, 'index.json'), 'utf8')).toBe('{"of":"something else"}')
  })
})

describe('blobs of a layout', () => {
  const content = randomBytes(300_000)
  const blob = sourceOf(content)
  const descriptor = { ...blob.descriptor, mediaType: MEDIA_TYPES.ociLayer }

  test('are read whole, and rejected at their end if they were changed', async () => {
    const directory = fresh()
    await registry.writeBlob(named(directory), blob)
    expect(await buffer(await registry.readBlob(named(directory), descriptor))).toEqual(content)
    await writeFile(contentPath(directory, descriptor.digest), randomBytes(300_000))
    await expect(buffer(await registry.readBlob(named(directory), descriptor))).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
  })

  test('that nobody comes to read leave no file open', async () => {
    const directory = fresh()
    await registry.writeBlob(named(directory), blob)
    const unread = await registry.readBlob(named(directory), descriptor)
    unread.destroy()
    await once(unread, 'close')
    const open = await readdir('/proc/self/fd')
    const files = await Promise.all(open.map((one) => readlink(`/proc/self/fd/${one}`).catch(() => '')))
    expect(files.filter((file) => file.startsWith(directory))).toEqual([])
  })

  test('go on to a registry from where a connection was cut', async () => {
    const directory = fresh()
    const large = randomBytes(8_000_000)
    const source = sourceOf(large)
    await registry.writeBlob(named(directory), source)
    await using store = await tempFolder('cut')
    const requests: string[] = []
    await using cut = await startRegistry({
      directory: store.path,
      faults: [{ method: 'PATCH', nth: 1, fault: { kind: 'cut-request', after: 4_000_000 } }],
      onRequest: ({ method, status }) => requests.push(`${method} ${status}`),
    })
    const to = { registry: cut.host, repository: 'app' }
    const wanted = { ...source.descriptor, mediaType: MEDIA_TYPES.ociLayer }
    await registry.copyBlob(named(directory), to, wanted)
    expect(requests).toEqual(expect.arrayContaining(['PATCH 0', 'GET 204', 'PATCH 202', 'PUT 201']))
    expect(requests).not.toContain('PUT 400')
    expect(digestOf(await buffer(await registry.readBlob(to, wanted)))).toBe(wanted.digest)
  })

  test('that are cancelled on their way leave nothing', async () => {
    const directory = fresh()
    const stop = new AbortController()
    const endless = new Readable({ read() {} })
    endless.push(content.subarray(0, 1000))
    const written = registry.writeBlob(
      named(directory),
      { descriptor: blob.descriptor, open: () => endless },
      { signal: stop.signal },
    )
    endless.once('data', () => stop.abort())
    await expect(written).rejects.toBeInstanceOf(CancelledError)
    if (!endless.closed) await once(endless, 'close')
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'oci-layout'])
  })
})
