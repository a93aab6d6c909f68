import { afterAll, beforeAll, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type TinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { type Descriptor, encodeManifest, isAttestation, isIndex, MEDIA_TYPES } from '../../src/model/oci.js'
import { assemble, copy, inspect, promote, tags } from '../../src/operations/images/index.js'
import {
  digestsOf,
  type TestRepositories,
  type TestRepository,
  testRepositories,
  uniqueImage,
} from './test-repositories.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM64 = { os: 'linux', architecture: 'arm64' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

const cleanup = new Cleanup()
let repositories: TestRepositories
/** `nested` lists amd64 itself, and arm/v7 and arm64 by an index within it; arm/v7 has an attestation. */
let source: TestRepository
let amd64: TinyImage
let armv7: TinyImage
let arm64: TinyImage

const digestOfImage = ({ manifest }: TinyImage) => manifest.descriptor.digest
const listOf = (manifests: readonly Descriptor[]) =>
  encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)

beforeAll(async () => {
  repositories = cleanup.use(await testRepositories())
  amd64 = await uniqueImage({ platform: AMD64 })
  armv7 = await uniqueImage({ platform: ARMV7 })
  arm64 = await uniqueImage({ platform: ARM64 })
  const attestation = await uniqueImage({ platform: { os: 'unknown', architecture: 'unknown' } })
  source = await repositories.repositoryWith([amd64, armv7, arm64, attestation])
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': digestOfImage(armv7),
  }
  const arm = tinyIndex([armv7, arm64]).content
  const inner = listOf([...(isIndex(arm) ? arm.manifests : []), { ...attestation.manifest.descriptor, annotations }])
  await source.put(inner)
  await source.put(listOf([{ ...amd64.manifest.descriptor, platform: AMD64 }, inner.descriptor]), 'nested')
  await source.put(listOf([{ ...amd64.manifest.descriptor, platform: AMD64 }]), 'single')
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('inspect shows the images of an index within an index', async () => {
  const { images } = await inspect(`${source.name}:nested`)
  expect(images.map(({ digest, declared }) => ({ digest, declared }))).toEqual([
    { digest: digestOfImage(amd64), declared: AMD64 },
    { digest: digestOfImage(armv7), declared: ARMV7 },
    { digest: digestOfImage(arm64), declared: ARM64 },
  ])
})

test('copy finds a platform in an index within an index, with its attestation', async () => {
  const { name } = await repositories.repositoryWith()
  await copy(`${source.name}:nested`, `${name}:arm`, { platforms: ['linux/arm/v7'] })
  const { manifest } = await inspect(`${name}:arm`)
  const manifests = isIndex(manifest) ? manifest.manifests : []
  expect(digestsOf(manifests.slice(0, 1))).toEqual([digestOfImage(armv7)])
  expect(manifests.map(isAttestation)).toEqual([false, true])
})

test('copy of all platforms of an index keeps its bytes', async () => {
  const { name } = await repositories.repositoryWith()
  const platforms = ['linux/arm/v7', 'linux/amd64', 'linux/arm64']
  const { digest } = await copy(`${source.name}:nested`, `${name}:all`, { platforms })
  expect(digest).toBe((await inspect(`${source.name}:nested`)).digest)
})

test.each([
  ['copy', (single: string, name: string) => copy(single, name)],
  ['promote', (single: string, name: string) => promote(single, [name])],
  ['assemble', (single: string, name: string) => assemble(name, [single])],
])('%s takes no platform from a name that has it by an index within an index', async (_, act) => {
  const { name } = await repositories.repositoryWith()
  await copy(`${source.name}:nested`, `${name}:1`)
  await expect(act(`${source.name}:single`, `${name}:1`)).rejects.toMatchObject({
    code: 'PLATFORM_MISSING',
    message: expect.stringContaining('would lose linux/arm/v7, linux/arm64'),
  })
})

test('a name may get the same platforms by an index within an index', async () => {
  const { name } = await repositories.repositoryWith()
  await assemble(`${name}:1`, [`${source.name}:nested`])
  const { digest } = await copy(`${source.name}:nested`, `${name}:1`)
  expect((await inspect(`${name}:1`)).digest).toBe(digest)
})

test.each([
  ['copy', (from: string, name: string) => copy(from, name)],
  ['inspect', (from: string) => inspect(from)],
  ['assemble', (from: string, name: string) => assemble(name, [from])],
])('%s rejects an index that states another size for an image', async (_, act) => {
  const { name, put } = await repositories.repositoryWith([amd64])
  await put(listOf([{ ...amd64.manifest.descriptor, size: 12, platform: AMD64 }]), 'wrong')
  const { name: elsewhere } = await repositories.repositoryWith()
  await expect(act(`${name}:wrong`, `${elsewhere}:1`)).rejects.toMatchObject({
    code: 'MANIFEST_UNSUPPORTED',
    message: expect.stringContaining('with 12 bytes, but it has'),
  })
  expect(await tags(elsewhere)).toEqual([])
})
