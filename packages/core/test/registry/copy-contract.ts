import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, isIndex, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import type { Repository } from '../../src/model/reference.js'
import type { RegistryEvent } from '../../src/model/run/events.js'
import { copyManifest } from '../../src/registry/copy/copy.js'
import { readImageConfig } from '../../src/registry/image-config.js'
import { type ContractSubject, pushImage } from './contract.js'

const amd64 = { os: 'linux', architecture: 'amd64' }
const armv7 = { os: 'linux', architecture: 'arm', variant: 'v7' }
const arm64 = { os: 'linux', architecture: 'arm64' }

/** Copies on one registry; `aside` is the same one under another host, so that copies to it travel. */
export function copyContract(name: string, setup: () => Promise<ContractSubject & { readonly aside: string }>): void {
  describe(`copyManifest on ${name}`, () => {
    let subject: Awaited<ReturnType<typeof setup>>
    let images: readonly TinyImage[]
    let index: StoredManifest
    let count = 0
    const fresh = (registry = subject.host): Repository => {
      count += 1
      return { registry, repository: `copy/case-${count}` }
    }
    let source: Repository

    beforeAll(async () => {
      subject = await setup()
      const files = { shared: randomBytes(1000) }
      images = [await tinyImage({ platform: armv7, files }), await tinyImage({ platform: amd64, files })]
      const attestation = await tinyImage({ platform: { os: 'unknown', architecture: 'unknown' } })
      source = fresh()
      for (const image of [...images, attestation]) await pushImage(subject.registry, source, image)
      const plain = tinyIndex(images).content
      const annotations = {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': images[1]?.manifest.descriptor.digest ?? '',
      }
      const entry = {
        ...attestation.manifest.descriptor,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations,
      }
      const manifests = [...(isIndex(plain) ? plain.manifests : []), entry]
      index = encodeManifest(
        { schemaVersion: 2, manifests, annotations: { 'com.example.kept': 'yes' } },
        MEDIA_TYPES.ociIndex,
      )
      await subject.registry.putManifest({ ...source, tag: 'latest' }, index)
    })
    afterAll(() => subject[Symbol.asyncDispose]())

    const copy = async (to: Repository, options = {}, events: RegistryEvent[] = []) => {
      const call = { onEvent: (event: RegistryEvent) => events.push(event) }
      const from = { ...source, tag: 'latest' }
      return (await copyManifest(subject.registry, from, { ...to, tag: 'copied' }, { ...options, ...call })).descriptor
    }
    const directions = (events: readonly RegistryEvent[]) =>
      new Set(events.map((event) => (event.kind === 'transfer' ? event.direction : event.kind)))

    test('within one registry mounts all blobs, and keeps every byte', async () => {
      const to = fresh()
      const events: RegistryEvent[] = []
      expect(await copy(to, {}, events)).toEqual(index.descriptor)
      expect(directions(events)).toEqual(new Set(['mount']))
      expect(await subject.registry.getManifest({ ...to, tag: 'copied' })).toEqual(index)
    })

    test('to another registry sends each missing blob once', async () => {
      const to = fresh(subject.aside)
      const events: RegistryEvent[] = []
      expect(await copy(to, {}, events)).toEqual(index.descriptor)
      // The two images share their layer.
      const digests = events.flatMap((event) =>
        event.kind === 'transfer' && event.direction === 'upload' ? [event.digest] : [],
      )
      expect(digests).toHaveLength(new Set(digests).size)
      expect(digests).toHaveLength(5)
      const again: RegistryEvent[] = []
      await copy(to, {}, again)
      expect(again).toEqual([])
    })

    test('within one repository moves a name and nothing else', async () => {
      const events: RegistryEvent[] = []
      expect(await copy(source, {}, events)).toEqual(index.descriptor)
      expect(events).toEqual([])
      expect(await subject.registry.resolve({ ...source, tag: 'copied' })).toEqual(index.descriptor)
    })

    test('of some platforms keeps these, their attestations and the annotations', async () => {
      const to = fresh()
      const copied = await copy(to, { platforms: [amd64] })
      const read = await subject.registry.getManifest({ ...to, tag: 'copied' })
      expect(read?.descriptor).toEqual(copied)
      expect(read?.content).toMatchObject({ annotations: { 'com.example.kept': 'yes' } })
      const manifests = read && isIndex(read.content) ? read.content.manifests : []
      expect(manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64', 'unknown'])
      const [arm] = images
      const absent = { ...to, digest: arm?.manifest.descriptor.digest ?? digestOf('') }
      expect(await subject.registry.resolve(absent)).toBeUndefined()
    })

    test('of a missing platform is rejected, with a list of the existing ones', async () => {
      await expect(copy(fresh(), { platforms: [arm64] })).rejects.toMatchObject({
        code: 'PLATFORM_MISSING',
        hint: expect.stringContaining('linux/amd64, linux/arm/v7'),
      })
    })

    test('of an index in an index copies both, and endless nesting is rejected', async () => {
      const nest = async (inner: StoredManifest, times: number): Promise<StoredManifest> => {
        if (times === 0) return inner
        const manifests = [inner.descriptor]
        const outer = encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)
        await subject.registry.putManifest(source, outer)
        return nest(outer, times - 1)
      }
      const [twice, often] = [await nest(index, 1), await nest(index, 8)]
      const copyNested = ({ descriptor: { digest } }: StoredManifest, to: Repository) =>
        copyManifest(subject.registry, { ...source, digest }, { ...to, tag: 'nested' })
      const to = fresh(subject.aside)
      await copyNested(twice, to)
      expect(await subject.registry.getManifest({ ...to, tag: 'nested' })).toEqual(twice)
      expect(await subject.registry.getManifest({ ...to, digest: index.descriptor.digest })).toEqual(index)
      const refused = fresh(subject.aside)
      await expect(copyNested(often, refused)).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
      expect(await subject.registry.listTags(refused)).toEqual([])
    })

    test('of a missing image is NOT_FOUND', async () => {
      const copied = copyManifest(subject.registry, { ...fresh(), tag: 'absent' }, { ...fresh(), tag: 'x' })
      await expect(copied).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    test('the config of a copied image can be read', async () => {
      const to = fresh()
      await copy(to)
      const [image] = images
      if (image === undefined || isIndex(image.manifest.content)) throw new Error('there is an image')
      const config = await readImageConfig(subject.registry, to, image.manifest.content)
      expect(config).toMatchObject({ os: 'linux', architecture: 'arm', variant: 'v7' })
    })
  })
}
