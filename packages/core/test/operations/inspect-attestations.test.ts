import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { inspect } from '../../src/operations/images/index.js'
import { createRegistry } from '../../src/registry/client.js'
import { putArtifact } from '../../src/registry/manifests/artifact.js'
import { formatInspections } from '../../src/report/text/inspection-text.js'
import { keepAttestation, makeStatement } from '../../src/steps/image/attestation/attestation.js'
import { parseSigningKey } from '../../src/trust/keys/signing-key.js'
import { signManifest } from '../../src/trust/sign.js'
import { keySigner } from '../../src/trust/signer.js'
import { testRegistry } from '../registry-server/test-registry.js'

test('inspect lists statements, bundles, signatures and other referrers', async () => {
  await using cleanup = new Cleanup()
  const { server } = cleanup.use(await testRegistry())
  const registry = cleanup.use(createRegistry())
  const target = { url: server.url, repository: 'app' }
  const repository = { registry: server.host, repository: 'app' }
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage(target, image)
  const { descriptor } = image.manifest
  const statements = ['urn:a', 'urn:b'].map((type) => makeStatement(descriptor.digest, type, {}))
  const kept = await keepAttestation(
    { repository, key: 'a'.repeat(64), descriptor },
    { statements, attach: undefined },
    registry,
    {},
  )
  const plain = tinyIndex([image])
  const manifests = [...('manifests' in plain.content ? plain.content.manifests : []), kept.descriptor]
  const index = encodeManifest({ ...plain.content, manifests }, MEDIA_TYPES.ociIndex)
  await pushManifest(target, index, '1')
  await pushManifest(target, encodeManifest({ schemaVersion: 2, manifests: [] }, MEDIA_TYPES.ociIndex), 'empty')
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const key = keySigner(await parseSigningKey(pem, undefined))
  await signManifest({ ...repository, descriptor, statements: statements.slice(0, 1) }, key, registry, {})
  await putArtifact(repository, { artifactType: 'text/note', subject: index.descriptor, layers: [] }, registry, {})

  expect(await inspect(`${server.host}/app:1`)).not.toHaveProperty('attestations')
  const found = await inspect(`${server.host}/app:1`, { attestations: true })
  const seen = (found.attestations ?? []).map(({ subject, kind, stored, type }) => [
    subject === descriptor.digest ? 'image' : 'index',
    kind,
    stored,
    type,
  ])
  expect(seen.toSorted()).toEqual([
    ['image', 'bundle', 'referrer', 'https://sigstore.dev/cosign/sign/v1'],
    ['image', 'bundle', 'referrer', 'urn:a'],
    ['image', 'bundle', 'tag', 'urn:a'],
    ['image', 'signature', 'tag', undefined],
    ['image', 'statement', 'index', 'urn:a'],
    ['image', 'statement', 'index', 'urn:b'],
    ['index', 'statement', 'referrer', 'text/note'],
  ])
  const text = formatInspections([found])
  expect(text).toMatch(/^linux\/amd64 +statement +index +sha256:\S+ +urn:b$/m)
  expect(text).toMatch(/^index +statement +referrer +sha256:\S+ +text\/note$/m)
  expect(formatInspections([await inspect(`${server.host}/app:empty`, { attestations: true })])).toContain(
    'no attestations',
  )
})
