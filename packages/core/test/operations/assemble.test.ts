import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import type { Digest } from '../../src/model/digest.js'
import {
  canonicalJson,
  type Descriptor,
  encodeManifest,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../src/model/oci.js'
import { assemble, copy, inspect, tags } from '../../src/operations/images/index.js'
import { parseManifest } from '../../src/registry/manifests/schema.js'
import { digestsOf, type TestRepositories, testRepositories, uniqueImage } from './test-repositories.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARMV6 = { os: 'linux', architecture: 'arm', variant: 'v6' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }
const UNKNOWN = { os: 'unknown', architecture: 'unknown' }

const cleanup = new Cleanup()
let folder: string
let repositories: TestRepositories

beforeAll(async () => {
  folder = cleanup.use(await tempFolder('assemble')).path
  repositories = cleanup.use(await testRepositories())
})
afterAll(() => cleanup[Symbol.asyncDispose]())

const repositoryWith = (images?: readonly TinyImage[]) => repositories.repositoryWith(images)

/** An index with its entries as they are given: written by other tools, so in no normal form. */
function rawIndex(manifests: readonly object[]): StoredManifest {
  const bytes = canonicalJson({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests })
  return parseManifest(bytes, undefined, 'an index of the test')
}

function attestationOf(attestation: TinyImage, subject: Digest): Descriptor {
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': subject,
  }
  return { ...attestation.manifest.descriptor, platform: UNKNOWN, annotations }
}

describe('the children of an index', () => {
  test('whose arm has no variant are read as v7, with a note', async () => {
    const arm = await uniqueImage({ platform: ARMV7 })
    const { name, put } = await repositoryWith([arm])
    const index = rawIndex([{ ...arm.manifest.descriptor, platform: { os: 'linux', architecture: 'arm' } }])
    await put(index, 'bare')
    const { manifests, notes } = await assemble(`${name}:1`, [`${name}:bare`])
    expect(manifests.map(({ platform }) => platform)).toEqual([ARMV7])
    expect(notes).toEqual([`${name}@${arm.manifest.descriptor.digest}: arm without a variant is normalized to arm/v7`])
    const published = await inspect(`${name}:bare`)
    expect(published.manifest).toEqual(JSON.parse(Buffer.from(index.bytes).toString()))
  })

  test('are compared with their configs like any image', async () => {
    const lying = await uniqueImage({ platform: ARMV6, configPlatform: AMD64 })
    const { name, put } = await repositoryWith([lying])
    await put(tinyIndex([lying]), 'list')
    await expect(assemble(`${name}:1`, [`${name}:list`])).rejects.toMatchObject({ code: 'PLATFORM_MISMATCH' })
    expect(await tags(name)).toEqual(['list'])
    const { notes } = await assemble(`${name}:1`, [`${name}:list`], { trustDeclared: true })
    expect(notes).toEqual([expect.stringContaining('its config states linux/amd64; the declared linux/arm/v6 is used')])
  })

  test('that are listed without a platform have that of their config, and are found by it', async () => {
    const [amd64, arm] = await Promise.all([uniqueImage({ platform: AMD64 }), uniqueImage({ platform: ARMV6 })])
    const { name, put } = await repositoryWith([amd64, arm])
    await put(rawIndex([amd64.manifest.descriptor, arm.manifest.descriptor]), 'nameless')
    const all = await assemble(`${name}:all`, [`${name}:nameless`])
    expect(all.manifests.map(({ platform }) => platform)).toEqual([AMD64, ARMV6])
    const one = await assemble(`${name}:one`, [{ image: `${name}:nameless`, platform: 'linux/arm/v6' }])
    expect(digestsOf(one.manifests)).toEqual([arm.manifest.descriptor.digest])
  })

  test('that indexes in it list many times over are taken once', async () => {
    const arm = await uniqueImage({ platform: ARMV7 })
    const { name, put } = await repositoryWith([arm])
    let inner = rawIndex([{ ...arm.manifest.descriptor, platform: ARMV7 }])
    for (let level = 0; level < 3; level += 1) {
      await put(inner, `level-${level}`)
      inner = rawIndex(Array.from({ length: 100 }, () => inner.descriptor))
    }
    await put(inner, 'outer')
    const { manifests } = await assemble(`${name}:1`, [`${name}:outer`])
    expect(digestsOf(manifests)).toEqual([arm.manifest.descriptor.digest])
  })

  test('of Windows are distinguished by their versions, and taken together by their platform', async () => {
    const versions = ['10.0.17763.1', '10.0.20348.1']
    const platforms = versions.map((version) => ({ os: 'windows', architecture: 'amd64', 'os.version': version }))
    const images = await Promise.all(platforms.map((platform) => uniqueImage({ platform })))
    const { name, put } = await repositoryWith(images)
    await put(tinyIndex(images), 'list')
    const { manifests } = await assemble(`${name}:1`, [{ image: `${name}:list`, platform: 'windows/amd64' }])
    expect(manifests.map(({ platform }) => platform)).toEqual(platforms)
    await copy(`${name}:list`, `${name}:copied`, { platforms: ['windows/amd64'] })
    expect((await inspect(`${name}:copied`)).images).toHaveLength(2)
  })
})

describe('an entry', () => {
  test('that is a digest alone is in the repository of the new index', async () => {
    const amd64 = await uniqueImage({ platform: AMD64 })
    const { name } = await repositoryWith([amd64])
    const { digest } = amd64.manifest.descriptor
    const { manifests } = await assemble(`${name}:1`, [digest])
    expect(digestsOf(manifests)).toEqual([digest])
  })

  test('for v6 whose config leaves the variant open is taken, with a note', async () => {
    const old = await uniqueImage({ platform: ARMV6, configPlatform: { os: 'linux', architecture: 'arm' } })
    const { name } = await repositoryWith([old])
    const entry = { image: old.manifest.descriptor.digest, platform: 'linux/arm/v6' }
    const { manifests, notes } = await assemble(`${name}:1`, [entry])
    expect(manifests.map(({ platform }) => platform)).toEqual([ARMV6])
    expect(notes).toEqual([expect.stringContaining('without a variant; linux/arm/v6 is used')])
  })

  test.each([
    ['v99, which no client knows', { platform: 'linux/arm/v99' }, "platform 'linux/arm/v99' is not valid"],
    ['a misspelt architecture', { platform: 'linux/x86_86' }, "platform 'linux/x86_86' is not valid"],
    ['no image name', { image: 'Not A Name' }, 'is not a valid image name'],
  ])('with %s is rejected before anything is queried', async (_case, wrong, message) => {
    const entry = { image: '127.0.0.1:1/nobody', ...wrong }
    await expect(assemble('127.0.0.1:1/app:1', [entry])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    })
  })

  test('may be in an image layout, and so may the index', async () => {
    const [amd64, arm] = await Promise.all([uniqueImage({ platform: AMD64 }), uniqueImage({ platform: ARMV7 })])
    const { name, put } = await repositoryWith([amd64, arm])
    await put(amd64.manifest, 'amd64')
    const layout = `oci:${folder}/parts`
    await copy(`${name}@${arm.manifest.descriptor.digest}`, `${layout}:arm`)
    const here = await assemble(`${name}:1`, [`${name}:amd64`, `${layout}:arm`])
    const there = await assemble(`${layout}:all`, [`${name}:amd64`, arm.manifest.descriptor.digest])
    expect(there.digest).toBe(here.digest)
    expect(await tags(layout)).toEqual(['arm', 'all'])
  })
})

describe('two images for one platform', () => {
  test('are rejected; on request the last one is taken, with what attests it alone', async () => {
    const [amd64, before, after] = await Promise.all([AMD64, ARMV7, ARMV7].map((platform) => uniqueImage({ platform })))
    const attested = await Promise.all([1, 2].map(() => uniqueImage({ platform: UNKNOWN })))
    const [ofAmd64, ofBefore] = attested
    if (!amd64 || !before || !after || !ofAmd64 || !ofBefore)
      throw new Error('there are three images and two attestations')
    const { name, put } = await repositoryWith([amd64, before, after, ...attested])
    const { manifest } = amd64
    const index = encodeManifest(
      {
        schemaVersion: 2,
        manifests: [
          { ...manifest.descriptor, platform: AMD64 },
          { ...before.manifest.descriptor, platform: ARMV7 },
          attestationOf(ofAmd64, manifest.descriptor.digest),
          attestationOf(ofBefore, before.manifest.descriptor.digest),
        ],
      },
      MEDIA_TYPES.ociIndex,
    )
    await put(index, '1')
    const entries = [`${name}:1`, after.manifest.descriptor.digest]
    await expect(assemble(`${name}:1`, entries)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('linux/arm/v7 is duplicated'),
    })
    const { manifests, digest } = await assemble(`${name}:1`, entries, { duplicates: 'last' })
    expect(digestsOf(manifests)).toEqual([amd64, after, ofAmd64].map((one) => one.manifest.descriptor.digest))
    expect((await inspect(`${name}:1`)).digest).toBe(digest)
  })

  test('may be one image under two platforms', async () => {
    const arm = await uniqueImage({ platform: ARMV6 })
    const { name } = await repositoryWith([arm])
    const { digest } = arm.manifest.descriptor
    const entries = ['linux/arm/v6', 'linux/arm/v7'].map((platform) => ({ image: digest, platform }))
    const { manifests } = await assemble(`${name}:1`, entries, { trustDeclared: true })
    expect(digestsOf(manifests)).toEqual([digest, digest])
    expect(manifests.map(({ platform }) => platform?.variant)).toEqual(['v6', 'v7'])
  })
})

describe('what is written', () => {
  test('is the same whatever the order of the entries, lowest variant first', async () => {
    const images = await Promise.all([ARMV7, AMD64, ARMV6].map((platform) => uniqueImage({ platform })))
    const { name } = await repositoryWith(images)
    const digests = images.map(({ manifest }) => manifest.descriptor.digest)
    const one = await assemble(`${name}:1`, digests)
    const two = await assemble(`${name}:2`, digests.toReversed())
    expect(one.digest).toBe(two.digest)
    expect(one.manifests.map(({ platform }) => platform)).toEqual([AMD64, ARMV6, ARMV7])
  })

  test('has the media types of Docker if all images do, and nothing is annotated', async () => {
    const docker = await uniqueImage({ platform: AMD64, dialect: 'docker' })
    const { name } = await repositoryWith([docker])
    const { digest } = docker.manifest.descriptor
    expect((await assemble(`${name}:1`, [digest])).mediaType).toBe(MEDIA_TYPES.dockerManifestList)
    const annotations = { 'com.example.kept': 'yes' }
    const annotated = await assemble(`${name}:2`, [digest], { annotations })
    expect(annotated.mediaType).toBe(MEDIA_TYPES.ociIndex)
    expect((await inspect(`${name}:2`)).manifest).toMatchObject({ annotations })
  })

  test('is nothing if an image is missing', async () => {
    const amd64 = await uniqueImage({ platform: AMD64 })
    const { name } = await repositoryWith([amd64])
    const missing = assemble(`${name}:1`, [amd64.manifest.descriptor.digest, `${name}:absent`])
    await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await tags(name)).toEqual([])
  })

  test('has a name: a digest alone in a layout names nothing', async () => {
    const amd64 = await uniqueImage({ platform: AMD64 })
    const { name } = await repositoryWith([amd64])
    const { digest } = amd64.manifest.descriptor
    await expect(copy(`${name}@${digest}`, `oci:${folder}/nameless@${digest}`)).rejects.toMatchObject({ code: 'USAGE' })
  })
})
