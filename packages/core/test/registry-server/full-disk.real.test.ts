import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { type SmallDisk, smallDisk } from '../../../../test/support/small-disk.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { execute, fromImage, pipeline, platform as platformOf } from '../../src/index.js'
import { copy } from '../../src/operations/images/index.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'
import { beginUpload, errorCodes, putBlob, someBytes } from './test-registry.js'

const MEGABYTE = 1024 * 1024
const platform = { os: 'linux', architecture: 'amd64' }
const FULL = [507, ['INSUFFICIENT_STORAGE']]

let disk: SmallDisk
let server: RegistryServer
beforeEach(async () => {
  disk = await smallDisk(8 * MEGABYTE)
  server = await startRegistry({ directory: join(disk.path, 'registry') })
})
afterEach(async () => {
  await server.close()
  await disk[Symbol.asyncDispose]()
})

const send = (path: string, options?: RequestInit) => fetch(`${server.url}${path}`, options)
const incoming = () => readdir(join(server.directory, 'incoming'))
const reported = async (answer: Response) => [answer.status, await errorCodes(answer)]

describe('an upload to a full disk', () => {
  test('is rejected at once, also while its client is still sending, and removed', async () => {
    const place = await beginUpload({ send }, 'app')
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const answer = text(socket)
    socket.write(`PATCH ${place} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\nConnection: close\r\n\r\n`)
    socket.write(Buffer.alloc(9 * MEGABYTE))
    await expect.poll(() => socket.bytesRead).toBeGreaterThan(0)
    expect(await incoming()).toEqual([])
    expect((await send(place)).status).toBe(404)
    socket.end()
    expect(await answer).toMatch(/^HTTP\/1\.1 507 .*"INSUFFICIENT_STORAGE"/s)
  })

  test.each(['POST', 'PUT', 'PATCH'])('by %s leaves the connection and the registry usable', async (method) => {
    const { bytes, digest } = someBytes(9 * MEGABYTE)
    const path = method === 'POST' ? '/v2/app/blobs/uploads/' : await beginUpload({ send }, 'app')
    const query = method === 'PATCH' ? '' : `?digest=${digest}`
    expect(await reported(await send(path + query, { method, body: bytes }))).toEqual(FULL)
    expect(await incoming()).toEqual([])
    await putBlob({ send }, 'app')
  })

  test('is rejected for a client that reads no response before it has sent everything, and the connection ends', async () => {
    const place = await beginUpload({ send }, 'app')
    const size = 200 * MEGABYTE
    const sending = request(`${server.url}${place}`, { method: 'PATCH', headers: { 'content-length': size } })
    const chunk = Buffer.alloc(MEGABYTE)
    let sent = 0
    const feed = () => {
      while (sent < size && !sending.destroyed && sending.write(chunk)) sent += chunk.byteLength
    }
    const ended = new Promise((resolve) => sending.on('error', resolve).on('close', resolve))
    sending.on('drain', feed)
    feed()
    const [answer] = await once(sending, 'response')
    expect(answer.statusCode).toBe(507)
    await ended
    expect(sent).toBeLessThan(100 * MEGABYTE)
  })
})

test('a manifest pushed to a full disk is rejected, and neither it nor its tag exists', async () => {
  const image = await tinyImage({ platform })
  await pushTinyImage({ url: server.url, repository: 'app' }, image, '1.0')
  const other = await tinyImage({ platform, config: { Labels: { padding: 'x'.repeat(100_000) } } })
  for (const { bytes, descriptor } of [other.layer, other.config]) {
    await send(`/v2/app/blobs/uploads/?digest=${descriptor.digest}`, { method: 'POST', body: bytes })
  }
  await disk.fill()
  const put = (tag: string) =>
    send(`/v2/app/manifests/${tag}`, {
      method: 'PUT',
      body: other.manifest.bytes,
      headers: { 'content-type': other.manifest.descriptor.mediaType },
    })
  expect(await reported(await put('1.0'))).toEqual(FULL)
  expect((await send('/v2/app/manifests/1.0')).headers.get('docker-content-digest')).toBe(
    image.manifest.descriptor.digest,
  )
  expect((await send(`/v2/app/manifests/${other.manifest.descriptor.digest}`)).status).toBe(404)
  expect(await incoming()).toEqual([])
  await disk.empty()
  expect((await put('1.0')).status).toBe(201)
})

test.each([0, 4096, 8192, 12_288, 16_384])(
  'a change with %i bytes left is made whole or not at all, before and after a restart',
  async (left) => {
    const image = await tinyImage({ platform })
    await pushTinyImage({ url: server.url, repository: 'app' }, image, '1.0')
    await putBlob({ send }, 'app')
    await disk.fill(left)
    const { bytes, digest } = someBytes(100)
    const blob = (await send(`/v2/app/blobs/uploads/?digest=${digest}`, { method: 'POST', body: bytes })).status
    const { bytes: manifest, descriptor } = image.manifest
    const headers = { 'content-type': descriptor.mediaType }
    const tag = (await send('/v2/app/manifests/2.0', { method: 'PUT', body: manifest, headers })).status
    expect([201, 507]).toContain(blob)
    expect([201, 507]).toContain(tag)
    const check = async () => {
      expect((await send(`/v2/app/blobs/${digest}`)).status).toBe(blob === 201 ? 200 : 404)
      expect((await send('/v2/app/manifests/2.0')).status).toBe(tag === 201 ? 200 : 404)
      expect((await send('/v2/app/manifests/1.0')).status).toBe(200)
    }
    await check()
    await server.close()
    await disk.empty()
    server = await startRegistry({ directory: server.directory })
    await check()
  },
)

describe('a deletion on a full disk', () => {
  test('of a blob frees its space', async () => {
    const digest = await putBlob({ send }, 'app', someBytes(MEGABYTE))
    await disk.fill()
    expect((await send(`/v2/app/blobs/${digest}`, { method: 'DELETE' })).status).toBe(202)
    expect((await send(`/v2/app/blobs/${digest}`)).status).toBe(404)
    await putBlob({ send }, 'app', someBytes(MEGABYTE / 2))
  })

  test('of a manifest frees its space, and it stays deleted after a restart', async () => {
    const image = await tinyImage({ platform })
    await pushTinyImage({ url: server.url, repository: 'app' }, image, '1.0')
    await disk.fill()
    const path = `/v2/app/manifests/${image.manifest.descriptor.digest}`
    expect((await send(path, { method: 'DELETE' })).status).toBe(202)
    await disk.empty()
    await server.close()
    server = await startRegistry({ directory: server.directory })
    expect((await send(path)).status).toBe(404)
    expect((await send('/v2/app/manifests/1.0')).status).toBe(404)
  })

  test('of a tag, which frees nothing, changes nothing', async () => {
    await pushTinyImage({ url: server.url, repository: 'app' }, await tinyImage({ platform }), '1.0')
    await disk.fill()
    expect(await reported(await send('/v2/app/manifests/1.0', { method: 'DELETE' }))).toEqual(FULL)
    expect((await send('/v2/app/manifests/1.0')).status).toBe(200)
    await disk.empty()
    expect((await send('/v2/app/manifests/1.0', { method: 'DELETE' })).status).toBe(202)
  })

  test('of a blob that another repository has too changes nothing', async () => {
    const digest = await putBlob({ send }, 'app')
    await send(`/v2/other/blobs/uploads/?mount=${digest}&from=app`, { method: 'POST' })
    await disk.fill()
    expect(await reported(await send(`/v2/app/blobs/${digest}`, { method: 'DELETE' }))).toEqual(FULL)
    for (const name of ['app', 'other']) expect((await send(`/v2/${name}/blobs/${digest}`)).status).toBe(200)
  })
})

test('a start on a full disk reports that it is full', async () => {
  await server.close()
  await disk.fill()
  await expect(startRegistry({ directory: server.directory })).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining(server.directory),
  })
})

describe('a push to the embedded registry with a full disk', () => {
  const cleanup = new Cleanup()
  let base: string

  beforeEach(async () => {
    const source = cleanup.use(await startRegistry({ directory: cleanup.use(await tempFolder('source')).path }))
    const files = { 'bin/data': randomBytes(2 * MEGABYTE) }
    await pushTinyImage({ url: source.url, repository: 'base' }, await tinyImage({ platform, files }), '1')
    base = `${source.host}/base:1`
    await server.close()
    await disk.fill(MEGABYTE)
  })
  afterEach(() => cleanup[Symbol.asyncDispose]())

  test('a copy reports it, with the directory', async () => {
    const layout = `oci:${cleanup.use(await tempFolder('layout')).path}:app`
    await copy(base, layout)
    const registry = `embedded:${server.directory}`
    await expect(copy(layout, 'ghcr.io/team/app:1', { registry })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining(server.directory),
    })
  })

  test('a run reports it, with the directory', async () => {
    const app = pipeline('ghcr.io/team/app')
      .platforms(platformOf('amd64', { base: fromImage(base) }))
      .build({ context: false, dockerfileInline: 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n' })
      .tags('1')
    await expect(execute(app, { registry: `embedded:${server.directory}` })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining(server.directory),
    })
  })
})
