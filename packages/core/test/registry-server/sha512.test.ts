import { readFile } from 'node:fs/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyBlob, tinyImage } from '../../../../test/support/tiny-image.js'
import { contentPath } from '../../src/layout/layout-format.js'
import { type Digest, digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { copy, inspect } from '../../src/operations/images/on-images.js'
import { startRegistry } from '../../src/registry-server/index.js'
import { beginUpload, errorCodes, someBytes, type TestRegistry, testRegistry } from './test-registry.js'

const sha512 = (bytes: Uint8Array) => digestOf(bytes, 'sha512')
const { bytes } = someBytes(100_000)
const digest = sha512(bytes)

describe('a blob under sha512', () => {
  const uploads = '/v2/app/blobs/uploads/'
  const expectBlob = async ({ send }: TestRegistry) => {
    const answer = await send(`/v2/app/blobs/${digest}`)
    expect(answer.headers.get('docker-content-digest')).toBe(digest)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes)
    const part = await send(`/v2/app/blobs/${digest}`, { headers: { range: 'bytes=5-9' } })
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(5, 10))
  }

  test('is stored from one request', async () => {
    await using registry = await testRegistry()
    const answer = await registry.send(`${uploads}?digest=${digest}`, { method: 'POST', body: bytes })
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/v2/app/blobs/${digest}`])
    await expectBlob(registry)
    expect(await readFile(contentPath(registry.directory, digest))).toEqual(bytes)
  })

  test.each(['', '?digest-algorithm=sha512', '?digest-algorithm=sha256', '?digest-algorithm=md5'])(
    'is stored in chunks, begun with %j',
    async (query) => {
      await using registry = await testRegistry()
      const begun = await registry.send(uploads + query, { method: 'POST' })
      const place = begun.headers.get('location') ?? ''
      const chunk = { method: 'PATCH', body: bytes.subarray(0, 40_000), headers: { 'content-range': '0-39999' } }
      expect((await registry.send(place, chunk)).status).toBe(202)
      const rest = { method: 'PUT', body: bytes.subarray(40_000), headers: { 'content-range': '40000-99999' } }
      expect((await registry.send(`${place}?digest=${digest}`, rest)).status).toBe(201)
      await expectBlob(registry)
    },
  )

  test('is mounted and deleted', async () => {
    await using registry = await testRegistry()
    await registry.send(`/v2/base/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes })
    const mount = await registry.send(`${uploads}?mount=${digest}&from=base`, { method: 'POST' })
    expect(mount.status).toBe(201)
    await expectBlob(registry)
    expect((await registry.send(`/v2/app/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202)
    expect((await registry.send(`/v2/app/blobs/${digest}`)).status).toBe(404)
  })

  test.each([`sha512:${'0'.repeat(128)}`, `sha512:${'0'.repeat(64)}`, `sha256:${'0'.repeat(128)}`, 'sha512:'])(
    'is refused where it is not %s',
    async (wrong) => {
      await using registry = await testRegistry()
      const place = await beginUpload(registry, 'app')
      const answer = await registry.send(`${place}?digest=${wrong}`, { method: 'PUT', body: bytes })
      expect([answer.status, await errorCodes(answer)]).toEqual([400, ['DIGEST_INVALID']])
    },
  )

  test('may be empty', async () => {
    await using registry = await testRegistry()
    const empty = sha512(Buffer.alloc(0))
    const place = await beginUpload(registry, 'app')
    expect((await registry.send(`${place}?digest=${empty}`, { method: 'PUT' })).status).toBe(201)
    expect((await registry.send(`/v2/app/blobs/${empty}`)).headers.get('content-length')).toBe('0')
  })
})

/** An index with an image, all of whose digests are of the longer kind. */
async function sha512Image() {
  const tiny = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const under512 = ({ descriptor, bytes }: TinyBlob): TinyBlob => ({
    bytes,
    descriptor: { ...descriptor, digest: sha512(bytes) },
  })
  const blobs = [tiny.config, tiny.layer].map(under512) as [TinyBlob, TinyBlob]
  const [config, layer] = blobs.map(({ descriptor }) => descriptor) as [TinyBlob['descriptor'], TinyBlob['descriptor']]
  const image = under512(encodeManifest({ schemaVersion: 2, config, layers: [layer] }, MEDIA_TYPES.ociManifest))
  const entry = { ...image.descriptor, platform: { os: 'linux', architecture: 'amd64' } }
  const index = under512(encodeManifest({ schemaVersion: 2, manifests: [entry] }, MEDIA_TYPES.ociIndex))
  return { blobs, image, index }
}

describe('manifests under sha512', () => {
  let content: Awaited<ReturnType<typeof sha512Image>>
  beforeEach(async () => {
    content = await sha512Image()
  })

  const put = ({ send }: TestRegistry, reference: string, { bytes, descriptor }: TinyBlob) =>
    send(`/v2/app/manifests/${reference}`, {
      method: 'PUT',
      body: Buffer.from(bytes),
      headers: { 'content-type': descriptor.mediaType },
    })

  async function push(registry: TestRegistry, tags = '?tag=1.0&tag=latest'): Promise<Response> {
    for (const { bytes, descriptor } of content.blobs) {
      const options = { method: 'POST', body: Buffer.from(bytes) }
      await registry.send(`/v2/app/blobs/uploads/?digest=${descriptor.digest}`, options)
    }
    expect((await put(registry, content.image.descriptor.digest, content.image)).status).toBe(201)
    return put(registry, content.index.descriptor.digest + tags, content.index)
  }

  test('are pushed with their tags, found by them, and exist after a restart', async () => {
    await using registry = await testRegistry()
    const pushed = await push(registry)
    expect([pushed.status, pushed.headers.get('oci-tag')]).toEqual([201, '1.0, latest'])
    const { digest } = content.index.descriptor
    const check = async (url: string) => {
      for (const reference of ['1.0', 'latest', digest]) {
        const answer = await fetch(`${url}/v2/app/manifests/${reference}`)
        expect(answer.headers.get('docker-content-digest')).toBe(digest)
        expect(Buffer.from(await answer.arrayBuffer())).toEqual(Buffer.from(content.index.bytes))
      }
    }
    await check(registry.server.url)
    await registry.server.close()
    await using again = await startRegistry({ directory: registry.directory })
    await check(again.url)
  })

  test('are rejected if digest or tag is wrong', async () => {
    await using registry = await testRegistry()
    await push(registry, '')
    const wrong = sha512(Buffer.from('something else'))
    expect(await errorCodes(await put(registry, wrong, content.index))).toEqual(['DIGEST_INVALID'])
    const { digest } = content.index.descriptor
    expect(await errorCodes(await put(registry, `${digest}?tag=.hidden`, content.index))).toEqual(['MANIFEST_INVALID'])
    expect(await (await registry.send('/v2/app/tags/list')).json()).toMatchObject({ tags: [] })
  })

  test('are read and copied by the client, between registries and layouts', async () => {
    await using registry = await testRegistry()
    await using other = await testRegistry()
    await using folder = await tempFolder()
    await push(registry)
    const { digest } = content.index.descriptor
    const at = (host: string, reference: string) => `${host}/app${reference}`
    const { images } = await inspect(at(registry.server.host, `@${digest}`))
    expect(images.map((one) => one.digest)).toEqual([content.image.descriptor.digest])
    await copy(at(registry.server.host, `@${digest}`), `oci:${folder.path}:app`)
    await copy(`oci:${folder.path}@${digest}`, at(other.server.host, ':1.0'))
    expect(await readFile(contentPath(folder.path, digest))).toEqual(Buffer.from(content.index.bytes))
    const copied = await inspect(at(other.server.host, ':1.0'))
    expect(copied.images.map((one) => one.digest)).toEqual([content.image.descriptor.digest])
    expect(copied.digest).toBe(digestOf(content.index.bytes) satisfies Digest)
  })

  test('are found as referrers', async () => {
    await using registry = await testRegistry()
    await push(registry)
    const [config] = content.blobs
    const subject = content.index.descriptor
    const manifest = encodeManifest(
      { schemaVersion: 2, artifactType: 'text/x-note', config: config.descriptor, layers: [], subject },
      MEDIA_TYPES.ociManifest,
    )
    const own = { bytes: manifest.bytes, descriptor: { ...manifest.descriptor, digest: sha512(manifest.bytes) } }
    const pushed = await put(registry, own.descriptor.digest, own)
    expect(pushed.headers.get('oci-subject')).toBe(subject.digest)
    const answer = await registry.send(`/v2/app/referrers/${subject.digest}`)
    expect(await answer.json()).toMatchObject({ manifests: [{ digest: own.descriptor.digest }] })
  })
})

test('a sparse registry accepts an index and an image with missing parts', async () => {
  await using registry = await testRegistry({ sparse: true })
  const { image, index } = await sha512Image()
  for (const { bytes, descriptor } of [index, image]) {
    const headers = { 'content-type': descriptor.mediaType }
    const options = { method: 'PUT', body: Buffer.from(bytes), headers }
    expect((await registry.send(`/v2/app/manifests/${descriptor.digest}`, options)).status).toBe(201)
  }
  await using strict = await testRegistry()
  const headers = { 'content-type': index.descriptor.mediaType }
  const options = { method: 'PUT', body: Buffer.from(index.bytes), headers }
  expect(await errorCodes(await strict.send('/v2/app/manifests/1.0', options))).toEqual(['MANIFEST_BLOB_UNKNOWN'])
})
