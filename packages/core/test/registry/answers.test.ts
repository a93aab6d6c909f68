import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import type { RegistryRetryEvent } from '../../src/model/run/events.js'
import { createRegistry } from '../../src/registry/client.js'
import { sourceOf } from './contract.js'
import { type ScriptedAnswer, type ScriptedServer, startScriptedServer } from './scripted-server.js'

const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf('{}'), size: 2 }
const manifest = encodeManifest({ schemaVersion: 2, config, layers: [] }, MEDIA_TYPES.ociManifest)
const headers = {
  'content-type': MEDIA_TYPES.ociManifest,
  'docker-content-digest': manifest.descriptor.digest,
  'content-length': String(manifest.descriptor.size),
}
const stored = { status: 200, headers, body: Buffer.from(manifest.bytes).toString() }
/** To the PUT of the manifest. */
const created = { status: 201, headers: { 'docker-content-digest': manifest.descriptor.digest } }
const quick = { retry: { delay: 1 } }
const latest = ({ host }: ScriptedServer) => ({ registry: host, repository: 'a', tag: 'latest' })

describe('retries', () => {
  test.each([
    ['seconds', () => '0'],
    ['a date', () => new Date(Date.now() - 1000).toUTCString()],
  ])('Retry-After as %s is taken note of, and each retry is an event', async (_, retryAfter) => {
    let asked = 0
    await using server = await startScriptedServer(() => {
      asked += 1
      return asked < 3 ? { status: 429, headers: { 'retry-after': retryAfter() } } : stored
    })
    await using client = createRegistry(quick)
    const events: RegistryRetryEvent[] = []
    const onEvent = (event: { kind: string }) => void events.push(event as RegistryRetryEvent)
    expect(await client.resolve(latest(server), { onEvent })).toEqual(manifest.descriptor)
    expect(events).toMatchObject([
      { kind: 'registry-retry', method: 'HEAD', url: `http://${server.host}/v2/a/manifests/latest`, attempt: 2 },
      { kind: 'registry-retry', attempt: 3 },
    ])
  })

  test.each([
    ['seconds', () => '3600'],
    ['a date', () => new Date(Date.now() + 3_600_000).toUTCString()],
  ])('a Retry-After as %s beyond the bounds ends the call at once, and is reported', async (_, retryAfter) => {
    await using server = await startScriptedServer(() => ({ status: 429, headers: { 'retry-after': retryAfter() } }))
    await using client = createRegistry(quick)
    const resolved = client.resolve(latest(server))
    await expect(resolved).rejects.toMatchObject({ status: 429, hint: expect.stringMatching(/in 3[56]\d\d s/) })
    expect(server.seen).toHaveLength(1)
  })

  test('a host that gets too many requests at a time gets half as many from then on', async () => {
    let [open, most, refused] = [0, 0, 0]
    let allAreThere = () => {}
    const together = new Promise<void>((resolve) => {
      allAreThere = resolve
    })
    await using server = await startScriptedServer(async ({ path }) => {
      // The first response shows that no login is required; only then are there concurrent requests.
      if (path.endsWith('/first')) return stored
      if (refused < 8) {
        refused += 1
        if (refused === 8) allAreThere()
        // Together, so that none of them is one that was sent again.
        await together
        return { status: 429, headers: { 'retry-after': '0' } }
      }
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, 20))
      open -= 1
      return stored
    })
    await using client = createRegistry({ ...quick, concurrency: 8 })
    await client.resolve({ ...latest(server), tag: 'first' })
    await Promise.all(Array.from({ length: 24 }, (_, at) => client.resolve({ ...latest(server), tag: `t${at}` })))
    expect(server.seen).toHaveLength(1 + 8 + 24)
    expect(most).toBe(4)
  })

  test.each([408, 425, 429, 500, 502, 503, 504])('%d is queried again', async (status) => {
    let asked = 0
    await using server = await startScriptedServer(() => {
      asked += 1
      return asked === 1 ? { status } : stored
    })
    await using client = createRegistry(quick)
    expect(await client.resolve(latest(server))).toEqual(manifest.descriptor)
  })

  test('nothing that cannot pass is repeated', async () => {
    await using server = await startScriptedServer(() => ({ status: 400 }))
    await using client = createRegistry(quick)
    await expect(client.resolve(latest(server))).rejects.toMatchObject({ code: 'REGISTRY_REJECTED', status: 400 })
    expect(server.seen).toHaveLength(1)
  })

  test('a host that rejects connections is reported at once', async () => {
    const server = await startScriptedServer(() => stored)
    await server[Symbol.asyncDispose]()
    await using client = createRegistry()
    await expect(client.resolve(latest(server))).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      hint: expect.stringContaining('the connection was refused'),
    })
  })
})

describe('reading after writing', () => {
  test('what was just written is read again if it is missing; anything else is not', async () => {
    let asked = 0
    await using server = await startScriptedServer(({ method }) => {
      if (method === 'PUT') return created
      asked += 1
      return asked < 3 ? { status: 404 } : stored
    })
    await using client = createRegistry(quick)
    await client.putManifest(latest(server), manifest)
    expect(await client.resolve(latest(server))).toEqual(manifest.descriptor)
    expect(asked).toBe(3)
    await using stranger = createRegistry(quick)
    asked = 0
    expect(await stranger.resolve(latest(server))).toBeUndefined()
    expect(asked).toBe(1)
  })

  test('a blob that was just written is read again if it is missing; anything else is not', async () => {
    const source = sourceOf(Buffer.from('content'))
    const descriptor = { ...source.descriptor, mediaType: MEDIA_TYPES.ociLayer }
    let asked = 0
    await using server = await startScriptedServer(({ method }) => {
      if (method === 'POST') return { status: 202, headers: { location: '/x' } }
      if (method === 'PUT') return { status: 201, headers: { 'docker-content-digest': descriptor.digest } }
      if (method !== 'GET') return { status: 404 }
      asked += 1
      return asked < 3 ? { status: 404 } : { status: 200, body: 'content' }
    })
    await using client = createRegistry(quick)
    const at = { registry: server.host, repository: 'a' }
    await client.writeBlob(at, source)
    expect((await buffer(await client.readBlob(at, descriptor))).toString()).toBe('content')
    expect(asked).toBe(3)
    asked = 0
    await using stranger = createRegistry(quick)
    await expect(stranger.readBlob(at, descriptor)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(asked).toBe(1)
  })

  test('it ends, if what was written never appears', async () => {
    await using server = await startScriptedServer(({ method }) => (method === 'PUT' ? created : { status: 404 }))
    await using client = createRegistry({ retry: { delay: 1, attempts: 4 } })
    await client.putManifest(latest(server), manifest)
    expect(await client.resolve(latest(server))).toBeUndefined()
    expect(server.seen.map(({ method }) => method)).toEqual(['PUT', 'HEAD', 'HEAD', 'HEAD', 'HEAD'])
  })
})

describe('an answer to the PUT of a manifest without its digest', () => {
  const wrong = { 'docker-content-digest': digestOf('another') }
  const answers = [
    ['a page with 200', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['an empty 200', { status: 200 }],
    ['a bare 201', { status: 201 }],
    ['202', { status: 202 }],
    ['another digest', { status: 201, headers: wrong }],
  ] as const

  /** A registry that answers so, and has written the manifest with the PUT of this number, or never. */
  const startLying = (answer: ScriptedAnswer, written: number) => {
    let puts = 0
    return startScriptedServer(({ method }) => {
      if (method === 'PUT') puts += 1
      return method === 'PUT' ? answer : puts >= written ? stored : { status: 404 }
    })
  }
  const methodsOf = ({ seen }: ScriptedServer) => seen.map(({ method }) => method)

  test.each(answers)('is confirmed by a HEAD: %s', async (_, answer) => {
    await using server = await startLying(answer, 1)
    await using client = createRegistry(quick)
    await client.putManifest(latest(server), manifest)
    expect(methodsOf(server)).toEqual(['PUT', 'HEAD'])
  })

  test.each(answers.slice(0, -1))('is followed by another PUT if nothing was written: %s', async (_, answer) => {
    await using server = await startLying(answer, 2)
    await using client = createRegistry(quick)
    await client.putManifest(latest(server), manifest)
    expect(methodsOf(server)).toEqual(['PUT', 'HEAD', 'HEAD', 'PUT', 'HEAD'])
  })

  test.each(answers)('is an error where nothing is ever written: %s', async (_, answer) => {
    await using server = await startLying(answer, Number.POSITIVE_INFINITY)
    await using client = createRegistry({ retry: { delay: 1, attempts: 2 } })
    await expect(client.putManifest(latest(server), manifest)).rejects.toMatchObject({
      code: answer.status === 201 && 'headers' in answer ? 'DIGEST_MISMATCH' : 'REGISTRY_REJECTED',
    })
  })
})

describe('manifests', () => {
  test('one that is not what its digest states is rejected', async () => {
    await using server = await startScriptedServer(() => ({
      ...stored,
      headers: { 'content-type': MEDIA_TYPES.ociManifest },
    }))
    await using client = createRegistry(quick)
    const { tag: _, ...place } = latest(server)
    const read = client.getManifest({ ...place, digest: digestOf('another') })
    await expect(read).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test('one that the server announced with another digest is rejected', async () => {
    const lying = { ...stored, headers: { ...headers, 'docker-content-digest': digestOf('another') } }
    await using server = await startScriptedServer(() => lying)
    await using client = createRegistry(quick)
    await expect(client.getManifest(latest(server))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  test.each<[string, Record<string, string>]>([
    ['a digest', { 'content-type': MEDIA_TYPES.ociManifest }],
    ['a type', { 'docker-content-digest': manifest.descriptor.digest, 'content-type': 'application/json' }],
  ])('a HEAD without %s is made up for by a GET', async (_, reported) => {
    await using server = await startScriptedServer(() => ({ ...stored, headers: reported }))
    await using client = createRegistry(quick)
    expect(await client.resolve(latest(server))).toEqual(manifest.descriptor)
    expect(server.seen.map(({ method }) => method)).toEqual(['HEAD', 'GET'])
  })

  test('one over 4 MiB is not read', async () => {
    const body = ' '.repeat(4 * 1024 * 1024 + 1)
    await using server = await startScriptedServer(() => ({
      ...stored,
      headers: { 'content-type': MEDIA_TYPES.ociManifest },
      body,
    }))
    await using client = createRegistry(quick)
    await expect(client.getManifest(latest(server))).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
  })

  test('one of schema 1 is rejected by resolve too', async () => {
    const reported = { ...headers, 'content-type': MEDIA_TYPES.dockerManifestV1Signed }
    await using server = await startScriptedServer(() => ({ ...stored, headers: reported }))
    await using client = createRegistry(quick)
    await expect(client.resolve(latest(server))).rejects.toMatchObject({ code: 'MANIFEST_UNSUPPORTED' })
  })
})
