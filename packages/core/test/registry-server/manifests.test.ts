import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { errorCodes, type TestRegistry, testRegistry } from './test-registry.js'

let registry: TestRegistry
let image: TinyImage
let other: TinyImage
beforeAll(async () => {
  registry = await testRegistry()
  image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  other = await tinyImage({ platform: { os: 'linux', architecture: 'arm', variant: 'v7' } })
})
afterAll(() => registry[Symbol.asyncDispose]())

const at = (repository: string) => ({ url: registry.server.url, repository })
const get = (name: string, reference: string) => registry.send(`/v2/${name}/manifests/${reference}`)
const put = (
  name: string,
  reference: string,
  body: string | Buffer<ArrayBuffer>,
  type: string = MEDIA_TYPES.ociManifest,
) => registry.send(`/v2/${name}/manifests/${reference}`, { method: 'PUT', body, headers: { 'content-type': type } })

describe('a pushed manifest', () => {
  test.each(['oci', 'docker'] as const)('in the %s dialect comes back byte by byte', async (dialect) => {
    const name = `push/${dialect}`
    const images = await Promise.all([image, other].map(({ platform }) => tinyImage({ platform, dialect })))
    for (const one of images) await pushTinyImage(at(name), one)
    const { descriptor, bytes } = tinyIndex(images, dialect)
    await pushManifest(at(name), tinyIndex(images, dialect), 'all')
    for (const reference of ['all', descriptor.digest]) {
      const answer = await get(name, reference)
      expect(answer.headers.get('content-type')).toBe(descriptor.mediaType)
      expect(answer.headers.get('docker-content-digest')).toBe(descriptor.digest)
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(bytes))
    }
    const head = await registry.send(`/v2/${name}/manifests/all`, { method: 'HEAD' })
    expect(head.headers.get('content-length')).toBe(String(descriptor.size))
  })

  test.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['schema 1', '{"schemaVersion":1}'],
    ['no config', '{"schemaVersion":2,"layers":[]}'],
    ['an index by its content', '{"schemaVersion":2,"manifests":[]}'],
    ['of another type by its own word', `{"schemaVersion":2,"mediaType":"${MEDIA_TYPES.ociIndex}"}`],
  ])('and is %s is rejected', async (_, body) => {
    const answer = await put('refuse/this', 'x', body)
    expect([answer.status, await errorCodes(answer)]).toEqual([400, ['MANIFEST_INVALID']])
  })

  test('without its blobs is rejected', async () => {
    const answer = await put('refuse/blobs', 'x', Buffer.from(image.manifest.bytes))
    expect([answer.status, await errorCodes(answer)]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN']])
  })

  test('without its children in the same repository is rejected', async () => {
    await pushTinyImage(at('refuse/elsewhere'), image)
    const index = tinyIndex([image])
    const answer = await put('refuse/children', 'x', Buffer.from(index.bytes), MEDIA_TYPES.ociIndex)
    expect([answer.status, await errorCodes(answer)]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN']])
  })

  test('under a wrong digest is rejected', async () => {
    await pushTinyImage(at('refuse/digest'), image)
    const answer = await put('refuse/digest', digestOf('other'), Buffer.from(image.manifest.bytes))
    expect([answer.status, await errorCodes(answer)]).toEqual([400, ['DIGEST_INVALID']])
  })

  test('and is larger than 4 MiB is rejected', async () => {
    const answer = await put('refuse/size', 'x', Buffer.alloc(4 * 1024 * 1024 + 1, ' '))
    expect([answer.status, await errorCodes(answer)]).toEqual([413, ['SIZE_INVALID']])
  })
})

describe('a tag', () => {
  test('moves, and its previous manifest stays', async () => {
    await pushTinyImage(at('tags/move'), image, 'latest')
    await pushTinyImage(at('tags/move'), other, 'latest')
    const answer = await get('tags/move', 'latest')
    expect(answer.headers.get('docker-content-digest')).toBe(other.manifest.descriptor.digest)
    expect((await get('tags/move', image.manifest.descriptor.digest)).status).toBe(200)
  })

  test('is deleted alone, a manifest with its tags', async () => {
    await pushTinyImage(at('tags/delete'), image, 'a')
    await pushTinyImage(at('tags/delete'), image, 'b')
    const path = (reference: string) => `/v2/tags/delete/manifests/${reference}`
    expect((await registry.send(path('a'), { method: 'DELETE' })).status).toBe(202)
    expect([(await get('tags/delete', 'a')).status, (await get('tags/delete', 'b')).status]).toEqual([404, 200])
    await registry.send(path(image.manifest.descriptor.digest), { method: 'DELETE' })
    expect(await errorCodes(await get('tags/delete', 'b'))).toEqual(['MANIFEST_UNKNOWN'])
  })

  test('of an OCI manifest is in the index of the layout, and one of Docker is not', async () => {
    await pushTinyImage(at('layout/app'), image, 'oci')
    const docker = await tinyImage({ platform: image.platform, dialect: 'docker' })
    await pushTinyImage(at('layout/app'), docker, 'docker')
    const text = await readFile(join(registry.directory, 'index.json'), 'utf8')
    const { manifests } = JSON.parse(text) as { manifests: { annotations?: Record<string, string> }[] }
    const named = manifests.filter(({ annotations }) =>
      annotations?.['org.opencontainers.image.ref.name']?.startsWith('layout/app:'),
    )
    const annotations = { 'org.opencontainers.image.ref.name': 'layout/app:oci' }
    expect(named).toEqual([{ ...image.manifest.descriptor, annotations }])
  })
})

describe('the tags of a repository', () => {
  test('are listed in order, ignoring case', async () => {
    for (const tag of ['b', 'A', 'c', 'B', '1']) await pushTinyImage(at('ordered'), image, tag)
    const answer = await registry.send('/v2/ordered/tags/list')
    expect(await answer.json()).toEqual({ name: 'ordered', tags: ['1', 'A', 'B', 'b', 'c'] })
    expect(answer.headers.get('link')).toBeNull()
  })

  test('continue after the last tag of a page', async () => {
    for (const tag of ['a', 'b', 'c', 'd']) await pushTinyImage(at('pages'), image, tag)
    const pages: string[][] = []
    for (let next: string | undefined = '/v2/pages/tags/list?n=2'; next !== undefined; ) {
      const answer: Response = await registry.send(next)
      pages.push(((await answer.json()) as { tags: string[] }).tags)
      next = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1]
    }
    expect(pages).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
  })

  test('are unknown if the repository does not exist', async () => {
    expect(await errorCodes(await registry.send('/v2/absent/tags/list'))).toEqual(['NAME_UNKNOWN'])
  })
})

describe('referrers', () => {
  const document = (artifactType: string) =>
    encodeManifest(
      {
        schemaVersion: 2,
        artifactType,
        config: image.config.descriptor,
        layers: [image.layer.descriptor],
        subject: image.manifest.descriptor,
        annotations: { 'com.example.kind': artifactType },
      },
      MEDIA_TYPES.ociManifest,
    )
  const subject = () => image.manifest.descriptor.digest

  test('are found by their subject and their type', async () => {
    await pushTinyImage(at('attached'), image)
    const [one, two] = [document('text/x-one'), document('text/x-two')]
    const answer = await put('attached', one.descriptor.digest, Buffer.from(one.bytes))
    expect(answer.headers.get('oci-subject')).toBe(subject())
    await pushManifest(at('attached'), two)
    const all = await registry.send(`/v2/attached/referrers/${subject()}`)
    expect(all.headers.get('content-type')).toBe(MEDIA_TYPES.ociIndex)
    expect(((await all.json()) as { manifests: unknown[] }).manifests).toHaveLength(2)
    const some = await registry.send(`/v2/attached/referrers/${subject()}?artifactType=text/x-two`)
    expect(some.headers.get('oci-filters-applied')).toBe('artifactType')
    expect(await some.json()).toMatchObject({
      manifests: [{ ...two.descriptor, artifactType: 'text/x-two', annotations: { 'com.example.kind': 'text/x-two' } }],
    })
  })

  test('and their subjects are in the index of the layout, without a name if they have no tag', async () => {
    await using own = await testRegistry()
    const target = { url: own.server.url, repository: 'app' }
    const entries = async () => {
      const text = await readFile(join(own.directory, 'index.json'), 'utf8')
      return (JSON.parse(text) as { manifests: unknown[] }).manifests
    }
    const note = document('text/x-note')
    for (const blob of [image.layer, image.config]) await pushBlob(target, blob)
    await pushManifest(target, note)
    expect(await entries()).toEqual([note.descriptor])
    await pushManifest(target, image.manifest)
    const byDigest = [note.descriptor, image.manifest.descriptor].sort((a, b) => (a.digest < b.digest ? -1 : 1))
    expect(await entries()).toEqual(byDigest)
    await pushManifest(target, image.manifest, '1.0')
    const annotations = { 'org.opencontainers.image.ref.name': 'app:1.0' }
    expect(await entries()).toEqual([{ ...image.manifest.descriptor, annotations }, note.descriptor])
    await own.send(`/v2/app/manifests/${note.descriptor.digest}`, { method: 'DELETE' })
    expect(await entries()).toEqual([{ ...image.manifest.descriptor, annotations }])
  })

  test('of a manifest without referrers are an empty index', async () => {
    const answer = await registry.send(`/v2/nobody/referrers/${subject()}`)
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [] },
    ])
  })
})
