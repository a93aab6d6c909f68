import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { type Digest, hexOf } from '../../src/model/digest.js'
import { encodeManifest, isIndex, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { assemble, copy, inspect, promote } from '../../src/operations/images/index.js'
import { createRegistry } from '../../src/registry/client.js'
import { attachment, EMPTY_BLOB } from '../registry-server/attachments.js'
import { type TestRegistry, testRegistry } from '../registry-server/test-registry.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM64 = { os: 'linux', architecture: 'arm64' }

const cleanup = new Cleanup()
let here: TestRegistry
let elsewhere: TestRegistry
let images: readonly TinyImage[]
let index: StoredManifest
/** Attached to the index, to an image of it, and to the first one of these. */
let sbom: StoredManifest
let ofImage: StoredManifest
let signature: StoredManifest
/** Under cosign's tag of the index. */
let cosign: TinyImage
let count = 0

const digestOfManifest = ({ descriptor }: StoredManifest) => descriptor.digest
const cosignTag = (digest: Digest, suffix: string) => `sha256-${hexOf(digest)}.${suffix}`
const sourceName = () => `${here.server.host}/app:1`

function newTarget(registry = elsewhere): string {
  count += 1
  return `${registry.server.host}/copied-${count}:1`
}

async function digestAt(name: string, tag: string): Promise<Digest | undefined> {
  const found = await inspect(`${name.replace(/:1$/, '')}:${tag}`).catch(() => undefined)
  return found?.digest
}

async function attachedTo(name: string, subject: Digest): Promise<readonly Digest[]> {
  await using registry = createRegistry()
  const [host = '', repository = ''] = name.replace(/:1$/, '').split(/\/(.*)/)
  const listed = await registry.listReferrers({ registry: host, repository }, subject)
  return listed.map(({ digest }) => digest)
}

beforeAll(async () => {
  here = cleanup.use(await testRegistry())
  elsewhere = cleanup.use(await testRegistry())
  images = await Promise.all([AMD64, ARM64].map((platform) => tinyImage({ platform })))
  index = tinyIndex(images)
  const [first] = images
  if (first === undefined) throw new TypeError('there is an image')
  const at = { url: here.server.url, repository: 'app' }
  for (const image of images) await pushTinyImage(at, image)
  await pushBlob(at, EMPTY_BLOB)
  sbom = attachment(index.descriptor, 'text/x-sbom')
  ofImage = attachment(first.manifest.descriptor, 'text/x-note')
  signature = attachment(sbom.descriptor, 'text/x-signature')
  for (const manifest of [sbom, ofImage, signature]) await pushManifest(at, manifest)
  cosign = await tinyImage({ platform: AMD64, files: { signature: 'of cosign' } })
  await pushTinyImage(at, cosign, cosignTag(digestOfManifest(index), 'sig'))
  await pushManifest(at, index, '1')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('copy brings what refers to an index, to its images, and to that in turn', async () => {
  const [source, target] = [sourceName(), newTarget()]
  const { referrers, notes } = await copy(source, target)
  const types = referrers.map(({ artifactType }) => artifactType)
  expect(types.toSorted()).toEqual(['text/x-note', 'text/x-sbom', 'text/x-signature', undefined])
  expect(notes).toEqual([])
  expect(referrers).toHaveLength(4)
  expect(referrers).toEqual(
    expect.arrayContaining([
      { digest: digestOfManifest(sbom), subject: digestOfManifest(index), artifactType: 'text/x-sbom' },
      { digest: digestOfManifest(signature), subject: digestOfManifest(sbom), artifactType: 'text/x-signature' },
      {
        digest: digestOfManifest(cosign.manifest),
        subject: digestOfManifest(index),
        tag: cosignTag(digestOfManifest(index), 'sig'),
      },
    ]),
  )
  expect(await attachedTo(target, digestOfManifest(index))).toEqual([digestOfManifest(sbom)])
  expect(await attachedTo(target, digestOfManifest(sbom))).toEqual([digestOfManifest(signature)])
  const [first] = images
  expect(first && (await attachedTo(target, digestOfManifest(first.manifest)))).toEqual([digestOfManifest(ofImage)])
  expect(await digestAt(target, cosignTag(digestOfManifest(index), 'sig'))).toBe(digestOfManifest(cosign.manifest))
})

test('what is there already is not written again', async () => {
  const to = newTarget()
  await copy(sourceName(), to)
  const before = elsewhere.requests.length
  const { referrers } = await copy(sourceName(), to)
  expect(referrers).toHaveLength(4)
  const written = elsewhere.requests.slice(before).filter(({ method }) => !['GET', 'HEAD'].includes(method))
  // The name itself.
  expect(written.map(({ path }) => path)).toEqual([expect.stringMatching(/\/manifests\/1$/)])
})

test('the name moves after what refers to it is there', async () => {
  const before = elsewhere.requests.length
  await copy(sourceName(), newTarget())
  const puts = elsewhere.requests.slice(before).filter(({ method }) => method === 'PUT')
  expect(puts.at(-1)?.path).toMatch(/\/manifests\/1$/)
})

test('with referrers: false, the image alone is copied', async () => {
  const to = newTarget()
  expect(await copy(sourceName(), to, { referrers: false })).toMatchObject({ referrers: [], notes: [] })
  expect(await attachedTo(to, digestOfManifest(index))).toEqual([])
  expect(await digestAt(to, cosignTag(digestOfManifest(index), 'sig'))).toBeUndefined()
})

test('of some platforms, what refers to the whole index is left behind, with a note', async () => {
  const to = newTarget()
  const { referrers, notes } = await copy(sourceName(), to, { platforms: ['linux/amd64'] })
  expect(referrers.map(({ digest }) => digest)).toEqual([digestOfManifest(ofImage)])
  expect(notes).toEqual([expect.stringContaining(`2 referrers of ${digestOfManifest(index)} were not copied`)])
})

test('the same note is there if the name is in the same repository', async () => {
  const { referrers, notes } = await copy(sourceName(), `${here.server.host}/app:narrow`, {
    platforms: ['linux/amd64'],
  })
  expect(referrers).toEqual([])
  expect(notes).toEqual([expect.stringContaining(`2 referrers of ${digestOfManifest(index)} were not copied`)])
})

test('a layout keeps them, and gives them back', async () => {
  const folder = cleanup.use(await tempFolder('layout'))
  const layout = `oci:${join(folder.path, 'images')}:app`
  expect((await copy(sourceName(), layout)).referrers).toHaveLength(4)
  const to = newTarget()
  expect((await copy(layout, to)).referrers).toHaveLength(4)
  expect(await attachedTo(to, digestOfManifest(sbom))).toEqual([digestOfManifest(signature)])
})

test('promote to another repository brings them, unless they are to be left', async () => {
  const [to, without] = [newTarget(here), newTarget(here)]
  const [moved] = await promote(sourceName(), [to])
  expect(moved?.referrers).toHaveLength(4)
  expect(await attachedTo(to, digestOfManifest(index))).toEqual([digestOfManifest(sbom)])
  const [bare] = await promote(sourceName(), [without], { referrers: false })
  expect(bare).toEqual({ reference: without, to: digestOfManifest(index) })
  expect(await attachedTo(without, digestOfManifest(index))).toEqual([])
})

test('assemble brings what refers to the images that it copies, unless that is to be left', async () => {
  const [to, without] = [newTarget(), newTarget()]
  const { referrers } = await assemble(to, [sourceName()])
  const [first] = images
  if (first === undefined) throw new TypeError('there is an image')
  const ofFirst = digestOfManifest(first.manifest)
  expect(referrers).toEqual([{ digest: digestOfManifest(ofImage), subject: ofFirst, artifactType: 'text/x-note' }])
  expect(await attachedTo(to, ofFirst)).toEqual([digestOfManifest(ofImage)])
  expect((await assemble(without, [sourceName()], { referrers: false })).referrers).toEqual([])
  expect(await attachedTo(without, ofFirst)).toEqual([])
})

test('signatures that only the target has are not overwritten', async () => {
  const to = newTarget()
  const [, repository = ''] = to.replace(/:1$/, '').split(/\/(.*)/)
  const own = await tinyImage({ platform: AMD64, files: { signature: 'of the target' } })
  const tag = cosignTag(digestOfManifest(index), 'sig')
  await pushTinyImage({ url: elsewhere.server.url, repository }, own, tag)
  const { notes, referrers } = await copy(sourceName(), to)
  expect(referrers).toHaveLength(3)
  expect(notes).toEqual([expect.stringContaining('has content that')])
  expect(await digestAt(to, tag)).toBe(digestOfManifest(own.manifest))
})

test('more signatures under the same tag take the place of fewer', async () => {
  const to = newTarget()
  await copy(sourceName(), to)
  if (isIndex(cosign.manifest.content)) throw new TypeError('it is an image')
  const at = { url: here.server.url, repository: 'more' }
  await copy(sourceName(), `${here.server.host}/more:1`)
  await pushBlob(at, EMPTY_BLOB)
  const layers = [...cosign.manifest.content.layers, EMPTY_BLOB.descriptor]
  const more = encodeManifest({ ...cosign.manifest.content, layers }, MEDIA_TYPES.ociManifest)
  const tag = cosignTag(digestOfManifest(index), 'sig')
  await pushManifest(at, more, tag)
  await copy(`${here.server.host}/more:1`, to)
  expect(await digestAt(to, tag)).toBe(digestOfManifest(more))
})

test('a layer that clients download from elsewhere is reported', async () => {
  const image = await tinyImage({ platform: { os: 'windows', architecture: 'amd64' }, dialect: 'docker' })
  const at = { url: here.server.url, repository: 'windows' }
  await pushTinyImage(at, image)
  if (isIndex(image.manifest.content)) throw new TypeError('it is an image')
  const urls = ['https://vendor.example.com/layer']
  const layer = { mediaType: MEDIA_TYPES.dockerForeignLayerGzip, digest: digestOfManifest(index), size: 13, urls }
  const layers = [layer, ...image.manifest.content.layers]
  await pushManifest(at, encodeManifest({ ...image.manifest.content, layers }, MEDIA_TYPES.dockerManifest), '1')
  const { notes } = await copy(`${here.server.host}/windows:1`, newTarget())
  expect(notes).toEqual([expect.stringContaining(`layer ${layer.digest} of`)])
  expect(notes).toEqual([expect.stringContaining(urls[0] ?? '')])
})
