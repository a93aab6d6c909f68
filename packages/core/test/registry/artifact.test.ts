import { describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { isIndex, MEDIA_TYPES } from '../../src/model/oci.js'
import { readBytes } from '../../src/registry/blobs/small-blob.js'
import { createRegistry } from '../../src/registry/client.js'
import { putArtifact } from '../../src/registry/manifests/artifact.js'
import { testRegistry } from '../registry-server/test-registry.js'

const TYPE = 'application/vnd.test.note'

async function open() {
  const cleanup = new Cleanup()
  const { server } = cleanup.use(await testRegistry())
  const registry = cleanup.use(createRegistry())
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: server.url, repository: 'app' }, image)
  const repository = { registry: server.host, repository: 'app' }
  return { cleanup, registry, repository, subject: { ...image.manifest.descriptor, platform: image.platform } }
}

describe('putArtifact', () => {
  test('attaches files to a subject, without the platform of its entry', async () => {
    const { cleanup, registry, repository, subject } = await open()
    await using _ = cleanup
    const layers = [{ mediaType: 'text/plain', bytes: Buffer.from('seen'), annotations: { by: 'me' } }]
    const put = await putArtifact(repository, { artifactType: TYPE, subject, layers }, registry, {})
    const listed = await registry.listReferrers(repository, subject.digest)
    expect(listed).toMatchObject([{ digest: put.descriptor.digest, artifactType: TYPE }])
    const found = await registry.getManifest({ ...repository, digest: put.descriptor.digest })
    if (found === undefined || isIndex(found.content)) throw new Error('it is a manifest')
    const [layer] = found.content.layers
    if (layer === undefined) throw new Error('it has a layer')
    expect(found.content.subject).toEqual({
      mediaType: subject.mediaType,
      digest: subject.digest,
      size: subject.size,
    })
    expect(layer).toMatchObject({ mediaType: 'text/plain', annotations: { by: 'me' } })
    expect((await readBytes(repository, { ...layer, limit: 4 }, registry)).toString()).toBe('seen')
    await expect(readBytes(repository, { ...layer, limit: 3 }, registry)).rejects.toMatchObject({
      code: 'MANIFEST_UNSUPPORTED',
    })
  })

  test('writes one without files under a tag, with the empty descriptor as its layer', async () => {
    const { cleanup, registry, repository } = await open()
    await using _ = cleanup
    await putArtifact({ ...repository, tag: 'note' }, { artifactType: TYPE, layers: [] }, registry, {})
    const found = await registry.getManifest({ ...repository, tag: 'note' })
    expect(found?.content).toMatchObject({ artifactType: TYPE, layers: [{ mediaType: MEDIA_TYPES.ociEmpty, size: 2 }] })
    expect(found?.content).not.toHaveProperty('subject')
  })
})
