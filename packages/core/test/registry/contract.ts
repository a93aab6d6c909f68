import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { CancelledError, RegistryError } from '../../src/model/errors.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import type { Repository } from '../../src/model/reference.js'
import type { RegistryEvent } from '../../src/model/run/events.js'
import type { BlobSource, Registry } from '../../src/registry/port.js'

/** A registry to run the contract against, and a client that may do everything on it. */
export interface ContractSubject extends AsyncDisposable {
  readonly host: string
  readonly registry: Registry
}

/** Content as a source that can be opened again. */
export function sourceOf(bytes: Buffer): BlobSource {
  return {
    descriptor: { digest: digestOf(bytes), size: bytes.byteLength },
    open: (offset = 0) => Readable.from([bytes.subarray(offset)], { objectMode: false }),
  }
}

/** Uploads all of an image. */
export async function pushImage(registry: Registry, to: Repository, image: TinyImage, tag?: string): Promise<void> {
  for (const { descriptor, bytes } of [image.config, image.layer]) {
    await registry.writeBlob(to, { ...sourceOf(Buffer.from(bytes)), descriptor })
  }
  await registry.putManifest({ ...to, ...(tag !== undefined && { tag }) }, image.manifest)
}

const amd64 = { os: 'linux', architecture: 'amd64' }
const armv7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

/** What every registry that polyarch works with has to let its client do. */
export function registryClientContract(name: string, setup: () => Promise<ContractSubject>): void {
  describe(`registry client against ${name}`, () => {
    let subject: ContractSubject
    let count = 0
    beforeAll(async () => {
      subject = await setup()
    })
    afterAll(() => subject[Symbol.asyncDispose]())

    /** A repository of the test's own. */
    const fresh = (): Repository => {
      count += 1
      return { registry: subject.host, repository: `contract/case-${count}` }
    }

    describe('blobs', () => {
      test.each([0, 1, 1000, 1024 * 1024, 5 * 1024 * 1024 + 7])(
        'one of %d bytes is there after it was written',
        async (size) => {
          const { registry } = subject
          const to = fresh()
          const bytes = randomBytes(size)
          const source = sourceOf(bytes)
          const { digest } = source.descriptor
          expect(await registry.hasBlob(to, digest)).toBe(false)
          await registry.writeBlob(to, source)
          expect(await registry.hasBlob(to, digest)).toBe(true)
          const descriptor = { ...source.descriptor, mediaType: MEDIA_TYPES.ociLayer }
          const read = await buffer(await registry.readBlob(to, descriptor))
          expect(digestOf(read)).toBe(digest)
        },
      )

      test('does not send an existing blob again', async () => {
        const { registry } = subject
        const to = fresh()
        const source = sourceOf(randomBytes(2_000_000))
        await registry.writeBlob(to, source)
        const events: RegistryEvent[] = []
        await registry.writeBlob(to, source, { onEvent: (event) => events.push(event) })
        expect(events).toEqual([])
      })

      test('rejects a read of a missing blob with NOT_FOUND', async () => {
        const { registry } = subject
        const descriptor = { digest: digestOf('absent'), size: 6, mediaType: MEDIA_TYPES.ociLayer }
        await expect(registry.readBlob(fresh(), descriptor)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })

      test('rejects a source whose bytes do not match its digest, and stores nothing', async () => {
        const { registry } = subject
        const to = fresh()
        const digest = digestOf('what was promised')
        const lying = { ...sourceOf(Buffer.from('what was deliverd')), descriptor: { digest, size: 17 } }
        await expect(registry.writeBlob(to, lying)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
        expect(await registry.hasBlob(to, digest)).toBe(false)
      })

      test.each([3_000_001, 2_999_999])('rejects a source of %d bytes that states 3,000,000', async (size) => {
        const bytes = randomBytes(size)
        const lying = { ...sourceOf(bytes), descriptor: { digest: digestOf(bytes), size: 3_000_000 } }
        await expect(subject.registry.writeBlob(fresh(), lying)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      })

      test('mounts a blob into another repository', async () => {
        const { registry } = subject
        const [from, to] = [fresh(), fresh()]
        const source = sourceOf(randomBytes(2_000_000))
        await registry.writeBlob(from, source)
        const events: RegistryEvent[] = []
        const descriptor = { ...source.descriptor, mediaType: MEDIA_TYPES.ociLayer }
        await registry.copyBlob(from, to, descriptor, { onEvent: (event) => events.push(event) })
        expect(events).toMatchObject([{ kind: 'transfer', direction: 'mount', digest: descriptor.digest }])
        expect(await registry.hasBlob(to, descriptor.digest)).toBe(true)
      })

      test('sends a blob once for several concurrent callers', async () => {
        const { registry } = subject
        const to = fresh()
        let opened = 0
        const source = sourceOf(randomBytes(2_000_000))
        const counted: BlobSource = {
          ...source,
          open(offset) {
            opened += 1
            return source.open(offset)
          },
        }
        await Promise.all([1, 2, 3].map(() => registry.writeBlob(to, counted)))
        expect(opened).toBe(1)
      })
    })

    describe('manifests', () => {
      test.each(['oci', 'docker'] as const)('returns an index with %s media types byte for byte', async (dialect) => {
        const { registry } = subject
        const to = fresh()
        const images = [await tinyImage({ platform: armv7, dialect }), await tinyImage({ platform: amd64, dialect })]
        for (const image of images) await pushImage(registry, to, image)
        const index = tinyIndex(images, dialect)
        await registry.putManifest({ ...to, tag: '1.0' }, index)
        expect(await registry.resolve({ ...to, tag: '1.0' })).toEqual(index.descriptor)
        expect(await registry.resolve({ ...to, digest: index.descriptor.digest })).toEqual(index.descriptor)
        const read = await registry.getManifest({ ...to, tag: '1.0' })
        expect(read?.descriptor).toEqual(index.descriptor)
        expect(read?.content).toEqual(index.content)
        expect(Buffer.from(read?.bytes ?? [])).toEqual(Buffer.from(index.bytes))
      })

      test('returns undefined for a missing manifest', async () => {
        const { registry } = subject
        expect(await registry.resolve({ ...fresh(), tag: 'absent' })).toBeUndefined()
        expect(await registry.getManifest({ ...fresh(), tag: 'absent' })).toBeUndefined()
        expect(await registry.getManifest({ ...fresh(), digest: digestOf('absent') })).toBeUndefined()
      })

      test('rejects an index without its children with the specification’s code', async () => {
        const image = await tinyImage({ platform: amd64 })
        const put = subject.registry.putManifest({ ...fresh(), tag: 'alone' }, tinyIndex([image]))
        const error = await put.then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        expect(error).toBeInstanceOf(RegistryError)
        expect(error).toMatchObject({ code: 'REGISTRY_REJECTED', exchange: { method: 'PUT' } })
        expect((error as RegistryError).exchange?.codes?.length).toBeGreaterThan(0)
      })

      test('moves a tag, and keeps the former manifest under its digest', async () => {
        const { registry } = subject
        const to = fresh()
        const [old, young] = [await tinyImage({ platform: amd64 }), await tinyImage({ platform: armv7 })]
        await pushImage(registry, to, old, 'latest')
        await pushImage(registry, to, young, 'latest')
        expect(await registry.resolve({ ...to, tag: 'latest' })).toEqual(young.manifest.descriptor)
        expect(await registry.resolve({ ...to, digest: old.manifest.descriptor.digest })).toEqual(
          old.manifest.descriptor,
        )
      })

      test('deletes a manifest by digest', async () => {
        const { registry } = subject
        const to = fresh()
        const image = await tinyImage({ platform: amd64 })
        await pushImage(registry, to, image)
        const reference = { ...to, digest: image.manifest.descriptor.digest }
        await registry.deleteManifest(reference)
        expect(await registry.resolve(reference)).toBeUndefined()
        await expect(registry.deleteManifest(reference)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      })
    })

    test('lists tags, and none for a missing repository', async () => {
      const { registry } = subject
      const to = fresh()
      expect(await registry.listTags(to)).toEqual([])
      const image = await tinyImage({ platform: amd64 })
      await pushImage(registry, to, image, 'b')
      await registry.putManifest({ ...to, tag: 'a' }, image.manifest)
      expect([...(await registry.listTags(to))].sort()).toEqual(['a', 'b'])
    })

    test('finds a manifest with a subject as its referrer', async () => {
      const { registry } = subject
      const to = fresh()
      const image = await tinyImage({ platform: amd64 })
      await pushImage(registry, to, image)
      const subjectDescriptor = image.manifest.descriptor
      expect(await registry.listReferrers(to, subjectDescriptor.digest)).toEqual([])
      const documents = ['text/x-one', 'text/x-two'].map((artifactType) =>
        encodeManifest(
          {
            schemaVersion: 2,
            artifactType,
            config: image.config.descriptor,
            layers: [image.layer.descriptor],
            subject: subjectDescriptor,
            annotations: { 'com.example.kind': artifactType },
          },
          MEDIA_TYPES.ociManifest,
        ),
      )
      await Promise.all(documents.map((document) => registry.putManifest(to, document)))
      const found = await registry.listReferrers(to, subjectDescriptor.digest)
      expect(new Set(found.map(({ digest }) => digest))).toEqual(
        new Set(documents.map(({ descriptor }) => descriptor.digest)),
      )
      const [one] = await registry.listReferrers(to, subjectDescriptor.digest, { artifactType: 'text/x-one' })
      expect(one).toMatchObject({ artifactType: 'text/x-one', annotations: { 'com.example.kind': 'text/x-one' } })
      for (const { descriptor } of documents) await registry.deleteManifest({ ...to, digest: descriptor.digest })
      expect(await registry.listReferrers(to, subjectDescriptor.digest)).toEqual([])
    })

    test('sends nothing if the signal has been aborted already', async () => {
      const signal = AbortSignal.abort()
      await expect(subject.registry.resolve({ ...fresh(), tag: 'x' }, { signal })).rejects.toBeInstanceOf(
        CancelledError,
      )
    })
  })
}
