import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { EMPTY_BLOB } from '../registry-server/attachments.js'
import { memoryRegistry } from './memory-registry.js'
import { startScriptedServer } from './scripted-server.js'

const CONTENT = { schemaVersion: 2, config: EMPTY_BLOB.descriptor, layers: [] } as const

async function putInto(accepts: (mediaType: string) => boolean, mediaType: string): Promise<void> {
  await using server = await startScriptedServer(memoryRegistry({ accepts }).answer)
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const place = { registry: server.host, repository: 'app', tag: '1' }
  await registry.writeBlob(place, { ...EMPTY_BLOB, open: () => Readable.from([EMPTY_BLOB.bytes]) })
  await registry.putManifest(place, encodeManifest(CONTENT, mediaType))
}

const isOci = (mediaType: string) => mediaType.startsWith('application/vnd.oci.')

test('a registry that accepts OCI media types alone takes an OCI manifest', async () => {
  await putInto(isOci, MEDIA_TYPES.ociManifest)
})

test('a Docker manifest that it rejects is an error with a hint on what to use', async () => {
  await expect(putInto(isOci, MEDIA_TYPES.dockerManifest)).rejects.toMatchObject({
    code: 'REGISTRY_REJECTED',
    status: 415,
    hint: expect.stringMatching(/accepts OCI media types only.*oci-mediatypes=true/),
  })
})

test('an OCI manifest that a registry rejects is an error that names the type', async () => {
  await expect(putInto((type) => !isOci(type), MEDIA_TYPES.ociManifest)).rejects.toMatchObject({
    status: 415,
    hint: expect.stringContaining(MEDIA_TYPES.ociManifest),
  })
})
