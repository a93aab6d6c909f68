import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { missingBelow, tagsOf } from '../../../../test/pipeline/published.js'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { type TinyImage, tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { fromImage, type Pipeline, pipeline, plan, platform, prune } from '../../src/index.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES, type StoredManifest } from '../../src/model/oci.js'
import { remove } from '../../src/operations/images/index.js'
import { createRegistry } from '../../src/registry/index.js'
import { putArtifact } from '../../src/registry/manifests/artifact.js'
import { cosignReference, subjectTag } from '../../src/registry/manifests/cosign-tags.js'
import { referrersTag } from '../../src/registry/manifests/referrers.js'
import { recordReference } from '../../src/steps/image/context/context-record.js'
import { KEY_ANNOTATION } from '../../src/steps/key.js'
import { IN_TOTO } from '../../src/steps/test/test-result.js'
import { AMD64, builtImage, datedRecord, partsOf, withSubject } from './built-image.js'

/** A registry to prune on. */
export interface PruneSubject extends AsyncDisposable {
  readonly host: string
  readonly url: string
  /** Requests so far that delete. */
  deletions(): Promise<number>
}

const tagFor = (digit: string) => `polyarch-${digit.repeat(64)}`

/** `prune` on one kind of registry, by what that deletes. */
export function pruneContract(
  name: string,
  deletes: 'tags' | 'manifests' | 'nothing',
  setup: () => Promise<PruneSubject>,
): void {
  describe(`prune on ${name}`, () => {
    const cleanup = new Cleanup()
    let subject: PruneSubject
    let app: Pipeline
    let repository: string
    let kept: readonly string[]
    let listed: TinyImage
    let old: TinyImage
    let options: { readonly directory: string }
    let count = 0

    const registry = createRegistry()
    const target = () => ({ url: subject.url, repository })
    const cacheTag = (architecture: string) => `polyarch-cache-app-${count}-linux-${architecture}`
    const recordTag = (word: string) => {
      const { context, dockerfile } = partsOf(word)
      const { tag = '' } = recordReference({ registry: subject.host, repository }, context, dockerfile)
      return tag
    }
    const at = (tag: string) => `${subject.host}/${repository}:${tag}`

    beforeAll(async () => {
      subject = cleanup.use(await setup())
      const directory = cleanup.use(await tempFolder('prune')).path
      options = { directory }
      await writeFile(join(directory, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n')
      await pushTinyImage({ url: subject.url, repository: 'base' }, await tinyImage({ platform: AMD64 }), '1')
    })
    afterAll(() => cleanup[Symbol.asyncDispose]())

    beforeEach(async () => {
      count += 1
      repository = `team/app-${count}`
      app = pipeline(`${subject.host}/${repository}`)
        .platforms(platform('amd64', { base: fromImage(`${subject.host}/base:1`) }))
        .build({ cache: 'registry' })
        .tags('1.0')
      listed = await builtImage('listed', 'now')
      old = await builtImage('old', 'before')
      await pushTinyImage(target(), listed, tagFor('a'))
      await pushManifest(target(), listed.manifest, `${tagFor('a')}.unchecked`)
      await pushManifest(target(), tinyIndex([listed]), '1.0')
      await pushTinyImage(target(), old, tagFor('b'))
      await pushTinyImage(target(), await builtImage('half', 'half'), `${tagFor('c')}.unchecked`)
      for (const word of ['now', 'before']) {
        await pushTinyImage(target(), await tinyImage({ platform: AMD64, files: { word } }), recordTag(word))
      }
      await pushTinyImage(target(), await builtImage('own', 'own'), 'polyarch-notes')
      for (const tag of [cacheTag('amd64'), cacheTag('s390x')]) {
        await pushTinyImage(target(), await tinyImage({ platform: AMD64, files: { tag } }), tag)
      }
      const { nodes } = await plan(app, options)
      const demanded = `polyarch-${nodes.find(({ kind }) => kind === 'image')?.key}`
      await pushTinyImage(target(), await builtImage('elsewhere', 'elsewhere'), demanded)
      kept = ['1.0', tagFor('a'), recordTag('now'), 'polyarch-notes', cacheTag('amd64'), demanded].toSorted()
    })

    const unneeded = () => [
      { reference: at(tagFor('b')), digest: old.manifest.descriptor.digest, why: 'unlisted' },
      { reference: at(`${tagFor('a')}.unchecked`), digest: listed.manifest.descriptor.digest, why: 'unchecked' },
      { reference: at(`${tagFor('c')}.unchecked`), why: 'unchecked' },
      { reference: at(recordTag('before')), why: 'unused-record' },
      { reference: at(cacheTag('s390x')), why: 'unused-cache' },
    ]

    it('lists unneeded tags, and changes nothing', async () => {
      const before = await tagsOf(subject.url, repository)
      const deletions = await subject.deletions()
      const found = await prune(app, options)
      expect(found).toHaveLength(5)
      expect(found).toEqual(
        expect.arrayContaining(unneeded().map((one) => expect.objectContaining({ ...one, outcome: 'listed' }))),
      )
      expect(await tagsOf(subject.url, repository)).toEqual(before)
      expect(await subject.deletions()).toBe(deletions)
    })

    if (deletes === 'nothing') {
      it('reports a registry that deletes nothing, with a hint, after one request', async () => {
        const before = await tagsOf(subject.url, repository)
        const deletions = await subject.deletions()
        await expect(prune(app, { ...options, delete: true })).rejects.toMatchObject({
          code: 'REGISTRY_REJECTED',
          message: `${subject.host} does not support deletion from ${repository}`,
          hint: expect.stringContaining('REGISTRY_STORAGE_DELETE_ENABLED'),
        })
        expect(await subject.deletions()).toBe(deletions + 1)
        expect(await tagsOf(subject.url, repository)).toEqual(before)
      })
      return
    }

    it('deletes unneeded tags, and keeps tagged content, what it lists, and what the definition needs', async () => {
      const found = await prune(app, { ...options, delete: true })
      const stuck = deletes === 'tags' ? [] : [`${tagFor('a')}.unchecked`]
      expect(found).toHaveLength(5)
      expect(found.filter(({ outcome }) => outcome !== 'deleted')).toMatchObject(
        stuck.map((tag) => ({ reference: at(tag), outcome: 'kept', because: expect.stringContaining('is needed') })),
      )
      expect(await tagsOf(subject.url, repository)).toEqual([...kept, ...stuck].toSorted())
      expect(await missingBelow(subject.url, repository)).toEqual([])
      const gone = await fetch(`${subject.url}/v2/${repository}/manifests/${old.manifest.descriptor.digest}`)
      expect(gone.status).toBe(404)
      expect(await prune(app, options)).toHaveLength(stuck.length)
    })

    it('keeps a manifest with another tag, and one that a tagged index of indexes reaches', async () => {
      await pushManifest(target(), old.manifest, 'released')
      const half = await builtImage('half', 'half')
      const inner = tinyIndex([half])
      await pushManifest(target(), inner)
      const entry = { ...inner.descriptor, platform: AMD64 }
      const outer = encodeManifest({ schemaVersion: 2, manifests: [entry] }, MEDIA_TYPES.ociIndex)
      await pushManifest(target(), outer, 'nested')
      await pushManifest(target(), half.manifest, tagFor('c'))
      await prune(app, { ...options, delete: true })
      expect(await tagsOf(subject.url, repository)).toEqual(
        expect.arrayContaining(['released', 'nested', tagFor('b'), tagFor('c')]),
      )
      expect(await missingBelow(subject.url, repository)).toEqual([])
    })

    it('follows an index that lists blobs, as a build cache does', async () => {
      const bytes = Buffer.from('a layer of a cache')
      const entry = { mediaType: MEDIA_TYPES.ociLayer, digest: digestOf(bytes), size: bytes.byteLength }
      await pushBlob(target(), { descriptor: entry, bytes })
      await pushManifest(
        target(),
        encodeManifest({ schemaVersion: 2, manifests: [entry] }, MEDIA_TYPES.ociIndex),
        'cache',
      )
      expect(await prune(app, options)).toHaveLength(5)
    })

    it('keeps the given digests without a tag', async () => {
      const former = tinyIndex([old])
      await pushManifest(target(), former)
      const name = `${subject.host}/${repository}@${former.descriptor.digest}`
      await prune(app, { ...options, delete: true, keep: [name] })
      expect(await tagsOf(subject.url, repository)).toEqual(expect.arrayContaining([tagFor('b'), recordTag('before')]))
    })

    it('keeps an image that was pushed within the time limit, with its records', async () => {
      const now = new Date().toISOString()
      await pushManifest(target(), datedRecord(listed, now), recordTag('before'))
      const found = await prune(app, { ...options, delete: true })
      expect(found).toContainEqual({
        reference: at(tagFor('b')),
        digest: old.manifest.descriptor.digest,
        why: 'unlisted',
        outcome: 'recent',
        because: `it was pushed at ${now}`,
      })
      expect(await tagsOf(subject.url, repository)).toEqual(expect.arrayContaining([tagFor('b'), recordTag('before')]))
      await prune(app, { ...options, delete: true, olderThan: 0 })
      const left = await tagsOf(subject.url, repository)
      expect(left).not.toContain(tagFor('b'))
      expect(left).not.toContain(recordTag('before'))
    })

    it('keeps an image that an engine has just pushed, regardless of the date in its config', async () => {
      await pushManifest(target(), datedRecord(listed, new Date().toISOString()), recordTag('now'))
      const raw = await tinyImage({ platform: AMD64, files: { name: 'raw' } })
      await pushTinyImage(target(), raw, tagFor('d'))
      await prune(app, { ...options, delete: true })
      const left = await tagsOf(subject.url, repository)
      expect(left).toContain(tagFor('d'))
      expect(left).not.toContain(tagFor('b'))
    })

    it('keeps the subject of a tagged artifact, and the referrers of a kept image', async () => {
      const absent = (await tinyImage({ platform: AMD64, files: { name: 'absent' } })).manifest.descriptor
      await pushManifest(target(), withSubject(listed, old.manifest.descriptor), 'signature')
      await pushManifest(target(), withSubject(listed, listed.manifest.descriptor), tagFor('e'))
      await pushManifest(target(), withSubject(listed, absent), tagFor('f'))
      await prune(app, { ...options, delete: true })
      const left = await tagsOf(subject.url, repository)
      expect(left).toEqual(expect.arrayContaining(['signature', tagFor('b'), recordTag('before'), tagFor('e')]))
      expect(left).not.toContain(tagFor('f'))
    })

    it('deletes an image with its referrers, and keeps referrers with a tag and those of other images', async () => {
      const place = { registry: subject.host, repository }
      const attach = (artifactType: string, { descriptor }: StoredManifest, tag?: string) => {
        const artifact = {
          artifactType,
          subject: descriptor,
          layers: [],
          annotations: { [KEY_ANNOTATION]: repository },
        }
        return putArtifact({ ...place, ...(tag !== undefined && { tag }) }, artifact, registry, {})
      }
      const sign = async ({ descriptor }: StoredManifest) => {
        const { tag } = cosignReference(place, descriptor.digest, '.sig')
        await pushTinyImage(target(), await tinyImage({ platform: AMD64, files: { tag } }), tag)
        return tag
      }
      const gone = await builtImage('gone', 'before')
      await pushTinyImage(target(), gone, tagFor('d'))
      const stays = await Promise.all([attach(IN_TOTO, listed.manifest), sign(listed.manifest)])
      const result = await attach(IN_TOTO, gone.manifest)
      const signed = await attach('application/vnd.dev.sigstore.bundle.v0.3+json', result)
      const attestation = await attach(IN_TOTO, old.manifest, `polyarch-attestation-${'b'.repeat(64)}`)
      const report = await attach('application/vnd.example.report', old.manifest)
      const signature = await sign(old.manifest)
      const referring = [result, signed, report].map(({ descriptor: { digest } }) => ({
        reference: `${subject.host}/${repository}@${digest}`,
        why: 'referrer',
      }))
      const deleted = [...referring, { reference: at(signature), why: 'referrer' }]

      const planned = await prune(app, { ...options, olderThan: 0 })
      expect(planned.filter(({ why }) => why === 'referrer')).toEqual(
        expect.arrayContaining(deleted.map((one) => expect.objectContaining({ ...one, outcome: 'listed' }))),
      )
      expect(planned.filter(({ why }) => why === 'referrer')).toHaveLength(deleted.length)
      expect(await registry.listReferrers(place, gone.manifest.descriptor.digest)).toHaveLength(1)

      const pruned = await prune(app, { ...options, delete: true, olderThan: 0 })
      expect(pruned).toEqual(
        expect.arrayContaining(deleted.map((one) => expect.objectContaining({ ...one, outcome: 'deleted' }))),
      )
      const find = ({ descriptor }: StoredManifest) => registry.resolve({ ...place, digest: descriptor.digest })
      expect(await Promise.all([result, signed, report, attestation].map(find))).toEqual(Array(4).fill(undefined))
      const tags = await tagsOf(subject.url, repository)
      expect([await find(stays[0]), tags]).toEqual([expect.anything(), expect.arrayContaining([stays[1]])])
      for (const manifest of [gone.manifest, old.manifest, result])
        expect(tags.filter((tag) => subjectTag(tag) === referrersTag(place, manifest.descriptor.digest).tag)).toEqual(
          [],
        )
    })

    it('removes the referrers of an image with it, and keeps one with a tag of its own', async () => {
      const place = { registry: subject.host, repository }
      const { descriptor } = old.manifest
      const artifact = { artifactType: IN_TOTO, subject: descriptor, layers: [] }
      const { descriptor: result } = await putArtifact(place, artifact, registry, {})
      await pushManifest(target(), withSubject(listed, descriptor), 'report')
      const { tag } = cosignReference(place, descriptor.digest, '.att')
      await pushTinyImage(target(), await tinyImage({ platform: AMD64, files: { tag } }), tag)
      // A manifest that is left without a tag is still there, and so is what refers to it.
      if (deletes === 'tags') expect(await remove(at(tagFor('b')))).toEqual({ referrers: [] })
      const removal = await remove(`${subject.host}/${repository}@${descriptor.digest}`)
      expect(removal.referrers.toSorted()).toEqual(
        [at(tag), `${subject.host}/${repository}@${result.digest}`].toSorted(),
      )
      const left = await tagsOf(subject.url, repository)
      expect(left).not.toContain(tag)
      expect(left).toContain('report')
      expect(await registry.resolve({ ...place, digest: result.digest })).toBeUndefined()
    })

    it.each([
      ['is in another repository', () => `${subject.host}/other:1`, 'USAGE'],
      ['does not exist', () => at('gone'), 'NOT_FOUND'],
    ])('deletes nothing where what is to be kept %s', async (_what, keep, code) => {
      const before = await tagsOf(subject.url, repository)
      const act = prune(app, { ...options, delete: true, keep: [keep()] })
      await expect(act).rejects.toMatchObject({ code })
      expect(await tagsOf(subject.url, repository)).toEqual(before)
    })
  })
}
