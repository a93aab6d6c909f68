import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tagsOf } from '../../../../test/pipeline/published.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { fromImage, pipeline, platform, prune } from '../../src/index.js'
import { startFaultProxy } from '../registry/fault-proxy.js'
import { testRegistry } from '../registry-server/test-registry.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }

describe('prune', () => {
  it('keeps what it cannot read, and what that may list', async () => {
    await using registry = await testRegistry()
    await using folder = await tempFolder('prune-unreadable')
    await using proxy = await startFaultProxy(registry.server.host)
    const target = { url: registry.server.url, repository: 'app' }
    const image = await tinyImage({ platform: AMD64 })
    const undated = await tinyImage({ platform: AMD64, files: { name: 'undated' } })
    const key = `polyarch-${'a'.repeat(64)}`
    await pushTinyImage(target, image, 'released')
    await pushTinyImage(target, undated, key)
    const body = JSON.stringify({ schemaVersion: 1 })
    const mediaType = 'application/vnd.docker.distribution.manifest.v1+json'
    proxy.plan(({ path }) =>
      path.endsWith(`/manifests/released`)
        ? { kind: 'answer', status: 200, headers: { 'content-type': mediaType }, body }
        : undefined,
    )
    await writeFile(join(folder.path, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
    const app = pipeline(`${proxy.host}/app`)
      .platforms(platform('amd64', { base: fromImage(`${registry.server.host}/app:released`) }))
      .tags('1.0')
    const options = { directory: folder.path, delete: true }
    const name = (tag: string) => `${proxy.host}/app:${tag}`
    expect(await prune(app, options)).toMatchObject([
      {
        reference: name(key),
        outcome: 'kept',
        why: 'unreadable',
        because: `${name('released')} cannot be read and may list it`,
      },
      { reference: name('released'), outcome: 'kept', why: 'unreadable', because: expect.stringContaining('released') },
    ])
    proxy.plan(({ path }) =>
      path.endsWith(`/blobs/${undated.config.descriptor.digest}`) ? { kind: 'answer', status: 404 } : undefined,
    )
    expect(await prune(app, options)).toMatchObject([
      { reference: name(key), outcome: 'kept', why: 'unreadable', because: 'the time of its push is unknown' },
    ])
    proxy.plan(() => undefined)
    expect(await prune(app, options)).toMatchObject([{ reference: name(key), outcome: 'deleted' }])
  })

  it.each([
    ['a tag', () => 'manifests/1.0', 'released'],
    ['an image in an index', (digest: string) => `manifests/${digest}`, 'listed'],
  ])('deletes nothing that a name needs if the registry does not find %s once', async (_what, pathOf, kept) => {
    await using registry = await testRegistry()
    await using folder = await tempFolder('prune-absent')
    await using proxy = await startFaultProxy(registry.server.host)
    const target = { url: registry.server.url, repository: 'app' }
    const image = await tinyImage({ platform: AMD64, files: { kept } })
    const tag = `polyarch-${'a'.repeat(64)}`
    await pushTinyImage(target, image, tag)
    await pushManifest(target, tinyIndex([image]), '1.0')
    await writeFile(join(folder.path, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
    const app = pipeline(`${proxy.host}/app`)
      .platforms(platform('amd64', { base: fromImage(`${registry.server.host}/app:${tag}`) }))
      .tags('2.0')
    let times = 0
    proxy.plan(({ path, method }) => {
      if (method !== 'GET' || !path.endsWith(pathOf(image.manifest.descriptor.digest))) return undefined
      times += 1
      return times === 1 ? { kind: 'answer', status: 404 } : undefined
    })
    const pruned = await prune(app, { directory: folder.path, delete: true })
    expect(times).toBeGreaterThan(0)
    expect(pruned.filter(({ outcome }) => outcome === 'deleted')).toEqual([])
    expect(await tagsOf(target.url, 'app')).toEqual(['1.0', tag])
  })

  it.each([
    ['accepts a deletion that it does not make', 202, 'kept', 'accepted its deletion but still has it'],
    ['does not find what it is to delete', 404, 'kept', 'did not find it'],
  ])('reports a tag as kept if the registry %s', async (_what, status, outcome, because) => {
    await using registry = await testRegistry()
    await using folder = await tempFolder('prune-deletion')
    await using proxy = await startFaultProxy(registry.server.host)
    const target = { url: registry.server.url, repository: 'app' }
    const tag = `polyarch-${'a'.repeat(64)}`
    await pushTinyImage(target, await tinyImage({ platform: AMD64 }), tag)
    await writeFile(join(folder.path, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
    const app = pipeline(`${proxy.host}/app`)
      .platforms(platform('amd64', { base: fromImage(`${registry.server.host}/app:${tag}`) }))
      .tags('2.0')
    proxy.plan(({ method }) => (method === 'DELETE' ? { kind: 'answer', status } : undefined))
    const pruned = await prune(app, { directory: folder.path, delete: true })
    expect(pruned).toMatchObject([{ outcome, because: expect.stringContaining(because) }])
    expect(await tagsOf(target.url, 'app')).toEqual([tag])
  })

  it('rejects a bound that is not valid', async () => {
    const app = pipeline('127.0.0.1:1/app')
      .platforms(platform('amd64', { base: fromImage('127.0.0.1:1/base:1') }))
      .tags('1.0')
    await expect(prune(app, { olderThan: Number.NaN })).rejects.toMatchObject({ code: 'USAGE' })
  })
})
