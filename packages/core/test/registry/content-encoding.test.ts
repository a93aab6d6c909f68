import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { startScriptedServer } from './scripted-server.js'

const NAMED = expect.stringContaining("it came with 'Content-Encoding: gzip', which was not requested")

/** Starts a registry, or a proxy in front of one, that compresses every response. */
function startCompressing(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  return startScriptedServer(({ path }) =>
    path.includes('/referrers/')
      ? { status: 404 }
      : { status: 200, headers: { 'content-encoding': 'gzip', ...headers }, body: gzipSync(body) },
  )
}

const { bytes, descriptor } = encodeManifest({ schemaVersion: 2, manifests: [] }, MEDIA_TYPES.ociIndex)

test('rejects a compressed manifest with an error that names the encoding', async () => {
  const headers = { 'content-type': descriptor.mediaType, 'docker-content-digest': descriptor.digest }
  await using server = await startCompressing(bytes, headers)
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const place = { registry: server.host, repository: 'app' }
  await expect(registry.getManifest({ ...place, tag: '1' })).rejects.toMatchObject({ message: NAMED })
  // Content-Length is that of the compressed bytes, so HEAD alone is not enough to resolve the tag.
  await expect(registry.resolve({ ...place, tag: '1' })).rejects.toMatchObject({ message: NAMED })
})

test('rejects a compressed tag list with an error that names the encoding', async () => {
  await using server = await startCompressing('{"tags":["1"]}')
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const listing = registry.listTags({ registry: server.host, repository: 'app' })
  await expect(listing).rejects.toMatchObject({ code: 'REGISTRY_REJECTED', message: NAMED })
})

test.each([
  ['shorter', 'content '.repeat(100)],
  ['longer', 'c'],
])('rejects a compressed blob with an error that names the encoding: the response is %s', async (_, content) => {
  await using server = await startCompressing(content)
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const wanted = { digest: digestOf(content), size: content.length, mediaType: MEDIA_TYPES.ociLayer }
  const blob = await registry.readBlob({ registry: server.host, repository: 'app' }, wanted)
  await expect(buffer(blob)).rejects.toMatchObject({ message: NAMED })
})

test('accepts Content-Encoding: gzip for a layer that is itself a gzip file', async () => {
  const layer = gzipSync('content')
  await using server = await startScriptedServer(() => ({
    status: 200,
    headers: { 'content-encoding': 'gzip' },
    body: layer,
  }))
  await using registry = createRegistry({ retry: { attempts: 1 } })
  const wanted = { digest: digestOf(layer), size: layer.byteLength, mediaType: MEDIA_TYPES.ociLayerGzip }
  const blob = await registry.readBlob({ registry: server.host, repository: 'app' }, wanted)
  expect((await buffer(blob)).equals(layer)).toBe(true)
})
