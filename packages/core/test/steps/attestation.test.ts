import { expect, it } from 'vitest'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, type ImageManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { findAttestation, keepAttestation } from '../../src/steps/image/attestation.js'
import { testRegistry } from '../registry-server/test-registry.js'

const KEY = 'a'.repeat(64)
const KEPT = digestOf('the manifest that is kept')

function blobOf(text: string, mediaType: string) {
  const bytes = Buffer.from(text)
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength } }
}

it('an attestation that is kept names the image that is kept, and is found for that one alone', async () => {
  await using server = await testRegistry()
  await using registry = createRegistry()
  const target = { url: server.server.url, repository: 'app' }
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const { digest: pushed } = image.manifest.descriptor
  await pushTinyImage(target, image)
  const statement = blobOf(`{"subject":[{"digest":{"sha256":"${pushed.slice(7)}"}}]}`, 'application/vnd.in-toto+json')
  const config = blobOf('{"architecture":"unknown","rootfs":{"type":"layers","diff_ids":[]}}', MEDIA_TYPES.ociConfig)
  for (const blob of [statement, config]) await pushBlob(target, blob)
  const layers = [{ ...statement.descriptor, annotations: { 'in-toto.io/predicate-type': 'x' } }]
  const attestation = encodeManifest({ schemaVersion: 2, config: config.descriptor, layers }, MEDIA_TYPES.ociManifest)
  await pushManifest(target, attestation)
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': pushed,
  }
  const manifests = [image.manifest.descriptor, { ...attestation.descriptor, annotations }]
  const index = encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)
  await pushManifest(target, index)
  const repository = { registry: server.server.host, repository: 'app' }
  const reference = { ...repository, digest: index.descriptor.digest }

  const entry = await keepAttestation(reference, { key: KEY, pushed, kept: KEPT }, registry, {})
  expect(entry).toMatchObject({
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { ...annotations, 'vnd.docker.reference.digest': KEPT },
  })
  const kept = await registry.getManifest({ ...repository, digest: entry.digest })
  const [layer] = (kept?.content as ImageManifest | undefined)?.layers ?? []
  expect(layer?.annotations).toEqual({ 'in-toto.io/predicate-type': 'x' })
  const text = await (await server.send(`/v2/app/blobs/${layer?.digest}`)).text()
  expect(text).toBe(`{"subject":[{"digest":{"sha256":"${KEPT.slice(7)}"}}]}`)

  expect(await findAttestation(repository, { key: KEY, kept: KEPT }, registry, {})).toEqual(entry)
  expect(await findAttestation(repository, { key: KEY, kept: pushed }, registry, {})).toBeUndefined()
  expect(await findAttestation(repository, { key: 'b'.repeat(64), kept: KEPT }, registry, {})).toBeUndefined()
  const alone = { ...repository, digest: pushed }
  await expect(keepAttestation(alone, { key: KEY, pushed, kept: KEPT }, registry, {})).rejects.toMatchObject({
    code: 'BUILD_FAILED',
  })
})
