import { existsSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runProgram } from '../../../../test/support/child.js'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { type TempFolder, tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage } from '../../../../test/support/tiny-image.js'
import { contentPath } from '../../src/layout/layout-format.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'
import { errorCodes, putBlob } from './test-registry.js'

const platform = { os: 'linux', architecture: 'amd64' }

let folder: TempFolder
let directory: string
let server: RegistryServer
let image: TinyImage
beforeEach(async () => {
  folder = await tempFolder()
  directory = join(folder.path, 'registry')
  server = await startRegistry({ directory })
  image = await tinyImage({ platform })
  await pushTinyImage({ url: server.url, repository: 'app' }, image, '1.0')
})
afterEach(async () => {
  await server.close()
  await folder[Symbol.asyncDispose]()
})

const send = (path: string, options?: RequestInit) => fetch(`${server.url}${path}`, options)
const manifestFile = () => contentPath(directory, image.manifest.descriptor.digest)

async function restart(change: () => Promise<unknown> = async () => {}): Promise<void> {
  await server.close()
  await change()
  server = await startRegistry({ directory })
}

const DAMAGES: readonly [string, () => Promise<unknown>][] = [
  ['cut short', () => truncate(manifestFile(), 20)],
  ['of other bytes', async () => writeFile(manifestFile(), Buffer.alloc((await lstat(manifestFile())).size, 'x'))],
  ['empty', () => truncate(manifestFile(), 0)],
  ['missing', () => rm(manifestFile())],
]

describe.each(DAMAGES)('a manifest whose file is %s', (_, damage) => {
  test('is reported as unknown, does not prevent the start, and can be deleted with its blobs', async () => {
    await restart(damage)
    const { digest } = image.manifest.descriptor
    for (const reference of ['1.0', digest]) {
      const answer = await send(`/v2/app/manifests/${reference}`)
      expect([answer.status, await errorCodes(answer)]).toEqual([404, ['MANIFEST_UNKNOWN']])
    }
    expect((await send(`/v2/app/manifests/${digest}`, { method: 'DELETE' })).status).toBe(202)
    await restart()
    for (const { descriptor } of [image.config, image.layer]) {
      expect((await send(`/v2/app/blobs/${descriptor.digest}`)).status).toBe(404)
    }
    expect(await (await send('/v2/app/tags/list')).json()).toEqual({ name: 'app', tags: [] })
  })

  test('is repaired by pushing it again with its references', async () => {
    const other = await tinyImage({ platform, config: { Labels: { other: 'yes' } } })
    await pushTinyImage({ url: server.url, repository: 'app' }, other, '2.0')
    await send(`/v2/app/manifests/${other.manifest.descriptor.digest}`, { method: 'DELETE' })
    await restart(damage)
    await pushManifest({ url: server.url, repository: 'app' }, image.manifest, '1.0')
    await restart()
    expect((await send('/v2/app/manifests/1.0')).status).toBe(200)
    expect((await send(`/v2/app/blobs/${image.layer.descriptor.digest}`)).status).toBe(200)
    expect((await send(`/v2/app/blobs/${other.config.descriptor.digest}`)).status).toBe(404)
  })
})

test('a damaged referrer is omitted, and the others are listed', async () => {
  const attach = async (label: string) => {
    const bytes = Buffer.from('{}')
    const empty = { descriptor: { mediaType: MEDIA_TYPES.ociEmpty, digest: digestOf(bytes), size: 2 }, bytes }
    await pushBlob({ url: server.url, repository: 'app' }, empty)
    const subject = image.manifest.descriptor
    const content = { schemaVersion: 2, config: empty.descriptor, layers: [], subject, annotations: { label } } as const
    const manifest = encodeManifest(content, MEDIA_TYPES.ociManifest)
    await pushManifest({ url: server.url, repository: 'app' }, manifest)
    return manifest.descriptor.digest
  }
  const [damaged, whole] = [await attach('one'), await attach('two')]
  await truncate(contentPath(directory, damaged), 5)
  const answer = await send(`/v2/app/referrers/${image.manifest.descriptor.digest}`)
  const { manifests } = (await answer.json()) as { manifests: { digest: string }[] }
  expect(manifests.map(({ digest }) => digest)).toEqual([whole])
})

test('a manifest that refers to a blob without a file is rejected, and the blob cannot be mounted', async () => {
  const { digest } = image.layer.descriptor
  await restart(() => rm(contentPath(directory, digest)))
  const headers = { 'content-type': MEDIA_TYPES.ociManifest }
  const answer = await send('/v2/app/manifests/2.0', { method: 'PUT', body: image.manifest.bytes, headers })
  expect([answer.status, await errorCodes(answer)]).toEqual([400, ['MANIFEST_BLOB_UNKNOWN']])
  const mount = await send(`/v2/other/blobs/uploads/?mount=${digest}&from=app`, { method: 'POST' })
  expect(mount.status).toBe(202)
})

describe('a link inside a store', () => {
  const SECRET = 'what nobody is to read'

  test('in place of content is not followed', async () => {
    const secret = join(folder.path, 'secret')
    await writeFile(secret, SECRET)
    const digest = await putBlob({ send }, 'app')
    await rm(contentPath(directory, digest))
    await symlink(secret, contentPath(directory, digest))
    expect((await send(`/v2/app/blobs/${digest}`)).status).toBe(404)
    await restart()
    expect((await send(`/v2/app/blobs/${digest}`)).status).toBe(404)
    expect(await readFile(secret, 'utf8')).toBe(SECRET)
  })

  test('or a pipe in place of content does not block', async () => {
    const digest = await putBlob({ send }, 'app')
    await rm(contentPath(directory, digest))
    await runProgram('mkfifo', [contentPath(directory, digest)])
    expect((await send(`/v2/app/blobs/${digest}`)).status).toBe(404)
  })

  test.each(['blobs', 'blobs/sha256', 'blobs/sha512', 'incoming', 'repositories', 'repositories/app'])(
    'in the place of the folder %s stops the start, and nothing outside changes',
    async (name) => {
      const outside = join(folder.path, 'outside')
      await server.close()
      await rename(join(directory, name), outside)
      await writeFile(join(outside, 'letter'), SECRET)
      await symlink(outside, join(directory, name))
      const before = await readdir(outside)
      const refused = startRegistry({ directory })
      await expect(refused).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
      await expect(refused).rejects.toThrow(`${join(directory, name)} is a symbolic link`)
      expect(await readdir(outside)).toEqual(before)
    },
  )

  test.each(['oci-layout', 'index.json'])('in the place of %s is replaced, and its target kept', async (name) => {
    const target = join(folder.path, 'target')
    await writeFile(target, SECRET)
    await restart(async () => {
      await rm(join(directory, name))
      await symlink(target, join(directory, name))
    })
    expect(await readFile(target, 'utf8')).toBe(SECRET)
    expect((await lstat(join(directory, name))).isFile()).toBe(true)
  })

  test('without a target prevents the start, too', async () => {
    await server.close()
    await mkdir(join(directory, 'repositories', 'team'))
    await symlink('/nowhere', join(directory, 'repositories', 'team', '_record.json'))
    await expect(startRegistry({ directory })).rejects.toMatchObject({ code: 'REGISTRY_NOT_STARTED' })
    expect(existsSync(join(directory, 'repositories', 'app'))).toBe(true)
  })
})
