import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tagsOf } from '../../../../test/pipeline/published.js'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage } from '../../../../test/support/tiny-image.js'
import { fromImage, pipeline, platform, prune } from '../../src/index.js'
import { digestOf } from '../../src/model/digest.js'
import { LIMITS } from '../../src/model/limits.js'
import { encodeManifest, isIndex, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { formatPruned } from '../../src/report/text/prune-text.js'
import { type Fault, startFaultProxy } from '../registry/fault-proxy.js'
import { testRegistry } from '../registry-server/test-registry.js'
import { type PruneSubject, pruneContract } from './prune-contract.js'

async function start(): Promise<PruneSubject> {
  const registry = await testRegistry()
  return {
    ...registry.server,
    deletions: async () => registry.requests.filter(({ method }) => method === 'DELETE').length,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}

/** A registry behind a proxy that can answer DELETE requests itself. */
async function startBehind(decide: (url: string, path: string) => Promise<Fault | undefined>): Promise<PruneSubject> {
  const registry = await start()
  const proxy = await startFaultProxy(registry.host)
  proxy.plan(async ({ method, path }) => (method === 'DELETE' ? decide(registry.url, path) : undefined))
  return {
    ...registry,
    host: proxy.host,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
}

async function digestAt(url: string): Promise<string> {
  const { headers } = await fetch(url, { method: 'HEAD' })
  return headers.get('docker-content-digest') ?? ''
}

/** A registry that, when a tag is deleted, deletes its manifest with all tags of it. */
function startRash(): Promise<PruneSubject> {
  return startBehind(async (url, path) => {
    if (path.includes('sha256:')) return undefined
    return { kind: 'redirect', path: path.replace(/[^/]+$/, await digestAt(`${url}${path}`)) }
  })
}

/** A registry that rejects the deletion of a tagged manifest, as Artifact Registry does. */
function startStrict(): Promise<PruneSubject> {
  const body = JSON.stringify({
    errors: [{ code: 'GOOGLE_MANIFEST_DANGLING_TAG', message: 'still referenced by tag' }],
  })
  return startBehind(async (url, path) => {
    const [, repository = '', digest] = /^(.*)\/manifests\/(sha256:.*)$/.exec(path) ?? []
    if (digest === undefined) return undefined
    const list = await fetch(`${url}${repository}/tags/list`)
    const { tags } = (await list.json()) as { readonly tags: readonly string[] }
    const digests = await Promise.all(tags.map((tag) => digestAt(`${url}${repository}/manifests/${tag}`)))
    return digests.includes(digest) ? { kind: 'answer', status: 400, body } : undefined
  })
}

pruneContract('the embedded registry', 'tags', start)
pruneContract('a registry that deletes the manifest when one of its tags is deleted', 'manifests', startRash)
pruneContract('a registry that rejects the deletion of tagged manifests', 'tags', startStrict)

test('keeps and reports a tag whose manifest cannot be read, and does not read a blob in an index as a manifest', async () => {
  await using registry = await testRegistry()
  await using folder = await tempFolder('prune')
  const { url, host } = registry.server
  await writeFile(join(folder.path, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: url, repository: 'base' }, image, '1')
  const target = { url: url, repository: 'app' }
  await pushTinyImage(target, image, `polyarch-${'a'.repeat(64)}`)
  await pushManifest(target, imageOfLayers(image, LIMITS.layers + 1), 'unreadable')
  const bytes = Buffer.from('a layer of a cache')
  const blob = { mediaType: MEDIA_TYPES.ociLayer, digest: digestOf(bytes), size: bytes.byteLength }
  await pushBlob(target, { descriptor: blob, bytes })
  await pushManifest(target, encodeManifest({ schemaVersion: 2, manifests: [blob] }, MEDIA_TYPES.ociIndex), 'cache')
  const app = pipeline(`${host}/app`)
    .platforms(platform('amd64', { base: fromImage(`${host}/base:1`) }))
    .tags('1.0')
  const pruned = await prune(app, { directory: folder.path, delete: true })
  expect(pruned).toMatchObject([
    { outcome: 'deleted', why: 'unlisted' },
    {
      reference: `${host}/app:unreadable`,
      outcome: 'kept',
      why: 'unreadable',
      because: expect.stringContaining(`${LIMITS.layers + 1} layers`),
    },
  ])
  expect(await tagsOf(url, 'app')).toEqual(['cache', 'unreadable'])
  expect(registry.requests.filter(({ path }) => path.endsWith(`/manifests/${blob.digest}`))).toEqual([])
  expect(formatPruned(pruned)).toMatch(/1 deleted\n$/)
})

/** An image manifest with the same layer many times, which a registry accepts and this client rejects. */
function imageOfLayers({ manifest, layer }: TinyImage, count: number): StoredManifest {
  const { content } = manifest
  if (isIndex(content)) throw new TypeError('a tiny image is a single one')
  const layers = Array.from({ length: count }, () => layer.descriptor)
  return encodeManifest({ ...content, layers }, MEDIA_TYPES.ociManifest)
}
