import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { type PushTarget, pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { moveTags } from '../../src/execute/tag-phase.js'
import { type Digest, digestOf } from '../../src/model/digest.js'
import {
  type Annotations,
  type Descriptor,
  encodeManifest,
  isIndex,
  MEDIA_TYPES,
  type StoredManifest,
} from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { type RegistryServer, startRegistry } from '../../src/registry-server/index.js'
import { REBUILT_ANNOTATION } from '../../src/steps/image/rebuilt-image.js'
import { SOURCES_ANNOTATION } from '../../src/steps/image/sources/source-record.js'
import { KEY_ANNOTATION } from '../../src/steps/key.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }

const cleanup = new Cleanup()
let server: RegistryServer

beforeAll(async () => {
  const { path } = cleanup.use(await tempFolder('equal-result'))
  server = cleanup.use(await startRegistry({ directory: path }))
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** What one engine made. */
interface Made {
  /** What its layer has: engines date files differently. */
  readonly content: string
  readonly key?: string
  readonly sources?: string
  /** When the image was built by force. */
  readonly rebuilt?: string
  readonly annotations?: Annotations
  /** The text of an attestation beside the image. */
  readonly attested?: string
}

/** Pushes an image with its key, and an index that lists it. */
async function push(
  repository: string,
  { content, key = 'key', sources = '{}', rebuilt, annotations, attested }: Made,
) {
  const target = { ...server, repository }
  const tiny = await tinyImage({ platform: AMD64, files: { x: content } })
  await pushTinyImage(target, tiny)
  if (isIndex(tiny.manifest.content)) throw new Error('an image is no index')
  const own = {
    [KEY_ANNOTATION]: key,
    [SOURCES_ANNOTATION]: sources,
    ...(rebuilt && { [REBUILT_ANNOTATION]: rebuilt }),
  }
  const image = encodeManifest({ ...tiny.manifest.content, annotations: own }, MEDIA_TYPES.ociManifest)
  await pushManifest(target, image)
  const entry = { ...image.descriptor, platform: AMD64, annotations: { [KEY_ANNOTATION]: key } }
  const attestations = attested === undefined ? [] : [await pushAttestation(target, image.descriptor.digest, attested)]
  const content_ = {
    schemaVersion: 2 as const,
    manifests: [entry, ...attestations],
    ...(annotations && { annotations }),
  }
  const index = encodeManifest(content_, MEDIA_TYPES.ociIndex)
  await pushManifest(target, index)
  return { image, index }
}

/** Pushes a manifest with a text, and returns its entry beside the image that it attests. */
async function pushAttestation(target: PushTarget, image: Digest, text: string): Promise<Descriptor> {
  const bytes = Buffer.from(text)
  const blob = { bytes, descriptor: { mediaType: 'text/plain', digest: digestOf(bytes), size: bytes.byteLength } }
  await pushBlob(target, blob)
  const content = { schemaVersion: 2 as const, config: blob.descriptor, layers: [] }
  const manifest = encodeManifest(content, MEDIA_TYPES.ociManifest)
  await pushManifest(target, manifest)
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': image }
  return { ...manifest.descriptor, platform: { os: 'unknown', architecture: 'unknown' }, annotations }
}

/** Moves a name to what one run made, after another run moved it to something else since the plan. */
async function moveAfter(repository: string, theirs: StoredManifest, ours: StoredManifest) {
  const here = { registry: server.host, repository }
  await pushManifest({ ...server, repository }, theirs, '1')
  await using registry = createRegistry()
  const move = {
    reference: { ...here, tag: '1' },
    node: 'app index',
    requested: true,
    output: { reference: { ...here, digest: ours.descriptor.digest }, descriptor: ours.descriptor },
    planned: undefined,
  }
  return await moveTags({ moves: [move], allowRemoval: false, emit: () => {} }, registry)
}

const revision = { 'org.opencontainers.image.revision': 'abc' }

describe('a name that another run moved since the plan', () => {
  it.each([
    ['other layers', {}],
    ['another revision', { annotations: revision }],
    ['statements of another time', { attested: 'at ten' }],
  ])('stays if it was made from the same, with %s', async (what, difference) => {
    const repository = `equal/${what.replaceAll(' ', '-')}`
    const theirs = await push(repository, { content: 'theirs', ...difference })
    const ours = await push(repository, { content: 'ours', ...('attested' in difference && { attested: 'at nine' }) })
    const { digest } = theirs.index.descriptor
    const name = `${server.host}/${repository}:1`
    expect(await moveAfter(repository, theirs.index, ours.index)).toEqual([
      { reference: name, from: digest, to: digest },
    ])
  })

  it('stays if it holds a single image that was made from the same', async () => {
    const theirs = await push('equal/image', { content: 'theirs' })
    const ours = await push('equal/image', { content: 'ours' })
    const [change] = await moveAfter('equal/image', theirs.image, ours.image)
    expect(change?.to).toBe(theirs.image.descriptor.digest)
  })

  it.each([
    ['another key', { key: 'other' }],
    ['other images of others', { sources: '{"images":{}}' }],
    ['an image that was built again by force', { rebuilt: '2026-11-30T09:00:00.000Z' }],
    ['annotations', { annotations: { declared: 'yes' } }],
    ['statements that ours has not', { attested: 'at ten' }],
  ])('is rejected if it has %s', async (what, difference) => {
    const repository = `equal/${what.replaceAll(' ', '-')}`
    const theirs = await push(repository, { content: 'theirs', ...difference })
    const ours = await push(repository, { content: 'ours' })
    await expect(moveAfter(repository, theirs.index, ours.index)).rejects.toMatchObject({ code: 'TAG_MOVED' })
  })

  it('is rejected if an image that it lists is not in the repository', async () => {
    const theirs = await push('equal/gone', { content: 'theirs' })
    const ours = await push('equal/gone', { content: 'ours' })
    await pushManifest({ ...server, repository: 'equal/gone' }, theirs.index, '1')
    const url = `${server.url}/v2/equal/gone/manifests/${theirs.image.descriptor.digest}`
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(202)
    await using registry = createRegistry()
    const here = { registry: server.host, repository: 'equal/gone' }
    const output = { reference: { ...here, digest: ours.index.descriptor.digest }, descriptor: ours.index.descriptor }
    const move = { reference: { ...here, tag: '1' }, node: 'app index', requested: true, output, planned: undefined }
    const moving = moveTags({ moves: [move], allowRemoval: false, emit: () => {} }, registry)
    await expect(moving).rejects.toMatchObject({ code: 'TAG_MOVED' })
  })
})
