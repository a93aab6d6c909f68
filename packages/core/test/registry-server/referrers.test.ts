import { expect, test } from 'vitest'
import { pushBlob, pushManifest } from '../../../../test/support/push-tiny.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { testRegistry } from './test-registry.js'

test('many referrers with long annotations are paged, and all of them are read', async () => {
  await using running = await testRegistry()
  const { server } = running
  const target = { url: server.url, repository: 'app' }
  const bytes = Buffer.from('{}')
  const config = { mediaType: 'application/vnd.example', digest: digestOf(bytes), size: bytes.byteLength }
  await pushBlob(target, { descriptor: config, bytes })
  const subject = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf('subject'), size: 7 }
  for (let at = 0; at < 5; at++) {
    const annotations = { at: `${at}`, long: 'x'.repeat(1_500_000) }
    const content = { schemaVersion: 2, config, layers: [], subject, annotations } as const
    await pushManifest(target, encodeManifest(content, MEDIA_TYPES.ociManifest))
  }
  const path = `${server.url}/v2/app/referrers/${subject.digest}?artifactType=${encodeURIComponent(config.mediaType)}`
  const first = await fetch(path)
  expect(first.headers.get('link')).toMatch(/^<\/v2\/app\/referrers\/.*artifactType=.*last=.*>; rel="next"$/)
  expect((await first.arrayBuffer()).byteLength).toBeLessThan(6_000_000)
  await using registry = createRegistry()
  const found = await registry.listReferrers({ registry: server.host, repository: 'app' }, subject.digest)
  expect(found.map(({ annotations }) => annotations?.['at']).sort()).toEqual(['0', '1', '2', '3', '4'])
})
