import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { LIMITS } from '../../src/model/limits.js'
import { type Descriptor, encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { readIndexContent } from '../../src/registry/manifests/index-entries.js'

const PLACE = { registry: 'r.example.com', repository: 'app' }

function image(name: string): Descriptor {
  return { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(name), size: name.length }
}

function indexOf(...manifests: readonly Descriptor[]): StoredManifest {
  return encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)
}

/** Reads an index from a repository that holds some others, and counts the requests. */
async function read(root: StoredManifest, others: readonly StoredManifest[]) {
  const held = new Map(others.map((one) => [one.descriptor.digest, one]))
  let requests = 0
  const registry = {
    async getManifest({ digest }: { readonly digest?: Descriptor['digest'] }) {
      requests += 1
      return digest && held.get(digest)
    },
  }
  const content = await readIndexContent(registry, PLACE, root)
  return { ...content, requests }
}

function nested(times: number): readonly StoredManifest[] {
  const all = [indexOf(image('a'))]
  while (all.length < times) all.unshift(indexOf(...all.slice(0, 1).map(({ descriptor }) => descriptor)))
  return all
}

test('entries of an inner index stand in its place, and inner indexes come after those that they list', async () => {
  const lowest = indexOf(image('b'))
  const inner = indexOf(image('a'), lowest.descriptor)
  const root = indexOf(image('first'), inner.descriptor, image('last'))
  const found = await read(root, [lowest, inner])
  expect(found.entries.map(({ entry }) => entry.digest)).toEqual(
    ['first', 'a', 'b', 'last'].map((one) => digestOf(one)),
  )
  expect(found.entries.map(({ index }) => index)).toEqual([root, inner, lowest, root])
  expect(found.inner).toEqual([lowest, inner])
})

test('an index that several others list is read once', async () => {
  const shared = indexOf(image('a'))
  const others = ['b', 'c', 'd'].map((one) => indexOf(shared.descriptor, image(one)))
  const { entries, requests } = await read(indexOf(...others.map(({ descriptor }) => descriptor)), [shared, ...others])
  expect(entries).toHaveLength(4)
  expect(requests).toBe(4)
})

test('an image may be listed twice, for two platforms', async () => {
  expect((await read(indexOf(image('a'), image('a')), [])).entries).toHaveLength(2)
})

test('indexes are read to a bounded depth', async () => {
  const [root, ...others] = nested(LIMITS.indexDepth)
  const [tooDeep, ...all] = nested(LIMITS.indexDepth + 1)
  if (root === undefined || tooDeep === undefined) throw new TypeError('there are indexes')
  expect((await read(root, others)).inner).toHaveLength(LIMITS.indexDepth - 1)
  await expect(read(tooDeep, all)).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    message: expect.stringContaining(`nested more than ${LIMITS.indexDepth} deep`),
  })
})

test('entries are read up to a bound, over all indexes together', async () => {
  const half = Array.from({ length: LIMITS.indexEntries / 2 }, (_, at) => image(`${at}`))
  const [one, other] = [indexOf(...half), indexOf(...half, image('one more'))]
  await expect(read(indexOf(one.descriptor, other.descriptor), [one, other])).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    message: expect.stringContaining(`more than ${LIMITS.indexEntries} entries`),
  })
})

test.each([
  ['that does not exist', (inner: StoredManifest) => inner.descriptor, [], 'NOT_FOUND', 'does not exist'],
  [
    'with another size',
    (inner: StoredManifest) => ({ ...inner.descriptor, size: 7 }),
    undefined,
    'MANIFEST_UNSUPPORTED',
    'with 7 bytes, but it has',
  ],
])('an inner index %s is rejected', async (_, entryOf, held, code, message) => {
  const inner = indexOf(image('a'))
  const reading = read(indexOf(entryOf(inner)), held ?? [inner])
  await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('an image that is listed as an index is rejected', async () => {
  const manifest = encodeManifest({ schemaVersion: 2, config: image('config'), layers: [] }, MEDIA_TYPES.ociManifest)
  const root = indexOf({ ...manifest.descriptor, mediaType: MEDIA_TYPES.ociIndex })
  await expect(read(root, [manifest])).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    message: expect.stringContaining(MEDIA_TYPES.ociManifest),
  })
})
