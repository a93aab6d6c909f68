import { describe, expect, test } from 'vitest'
import { makeCertificate } from '../../../../test/support/certificate.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { type ScriptedAnswer, startScriptedServer } from './scripted-server.js'

const config = { mediaType: MEDIA_TYPES.ociConfig, digest: digestOf('{}'), size: 2 }
const quick = { retry: { delay: 1 } }

describe('tags', () => {
  const next = (last: string) => ({ link: `</v2/a/tags/list?last=${last}>; rel="next"` })

  test('are read page by page, and a registry that repeats itself is left', async () => {
    await using server = await startScriptedServer(({ query }) => {
      const tags = query.get('last') === null ? ['a', 'b'] : ['c']
      return { status: 200, headers: next('b'), body: JSON.stringify({ tags }) }
    })
    await using client = createRegistry(quick)
    expect(await client.listTags({ registry: server.host, repository: 'a' })).toEqual(['a', 'b', 'c'])
    expect(server.seen).toHaveLength(2)
  })

  test('are left if each page is called another, and has what the one before it had', async () => {
    await using server = await startScriptedServer(({ query }) => {
      const headers = next(`${query.get('last') ?? ''}x`)
      return { status: 200, headers, body: JSON.stringify({ tags: ['a', 'b'] }) }
    })
    await using client = createRegistry(quick)
    expect(await client.listTags({ registry: server.host, repository: 'a' })).toEqual(['a', 'b'])
    expect(server.seen).toHaveLength(2)
  })

  test('are read on after a page that has none: what is taken for all of them decides what is pruned', async () => {
    await using server = await startScriptedServer(({ query }) => {
      const last = query.get('last')
      if (last === null) return { status: 200, headers: next('b'), body: JSON.stringify({ tags: ['a', 'b'] }) }
      if (last === 'b') return { status: 200, headers: next('c'), body: JSON.stringify({ tags: [] }) }
      return { status: 200, body: JSON.stringify({ tags: ['d'] }) }
    })
    await using client = createRegistry(quick)
    expect(await client.listTags({ registry: server.host, repository: 'a' })).toEqual(['a', 'b', 'd'])
  })

  test('without end are rejected, and not returned in part', async () => {
    const body = JSON.stringify({ tags: [] }).padEnd(15 * 1024 * 1024)
    await using server = await startScriptedServer(({ query }) => {
      return { status: 200, headers: next(`${query.get('last') ?? ''}x`), body }
    })
    await using client = createRegistry(quick)
    await expect(client.listTags({ registry: server.host, repository: 'a' })).rejects.toMatchObject({
      code: 'REGISTRY_REJECTED',
    })
    expect(server.seen).toHaveLength(5)
  })
})

describe('referrers', () => {
  const subject = digestOf('subject')
  const attached = encodeManifest(
    { schemaVersion: 2, artifactType: 'text/x-one', config, layers: [], subject: { ...config, digest: subject } },
    MEDIA_TYPES.ociManifest,
  )
  const { mediaType, digest, size } = attached.descriptor
  const entry = { mediaType, digest, size, artifactType: 'text/x-one' }
  const list = encodeManifest({ schemaVersion: 2, manifests: [entry] }, MEDIA_TYPES.ociIndex)
  const listed = {
    status: 200,
    headers: { 'content-type': MEDIA_TYPES.ociIndex },
    body: Buffer.from(list.bytes).toString(),
  }

  test.each<[string, ScriptedAnswer]>([
    ...[400, 404, 405, 406, 501].map((status): [string, ScriptedAnswer] => [String(status), { status }]),
    ['a page for people', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ])('are read by their tag if the API is answered with %s', async (_, answer) => {
    await using server = await startScriptedServer(({ path }) => (path.includes('/referrers/') ? answer : listed))
    await using client = createRegistry(quick)
    expect(await client.listReferrers({ registry: server.host, repository: 'a' }, subject)).toEqual([entry])
    expect(server.seen.map(({ path }) => path)).toEqual([
      `/v2/a/referrers/${subject}`,
      `/v2/a/manifests/${subject.replace(':', '-')}`,
    ])
  })

  test('are listed once, by a registry that repeats its only page for ever too', async () => {
    const headers = { ...listed.headers, link: `</v2/a/referrers/${subject}>; rel="next"` }
    await using server = await startScriptedServer(() => ({ ...listed, headers }))
    await using client = createRegistry(quick)
    expect(await client.listReferrers({ registry: server.host, repository: 'a' }, subject)).toEqual([entry])
    expect(server.seen).toHaveLength(1)
  })

  test('are given no tag if the answer was lost, and the API has them', async () => {
    let puts = 0
    await using server = await startScriptedServer(({ method, path }) => {
      if (path.includes('/referrers/')) return listed
      if (method === 'PUT') puts += 1
      return method === 'PUT'
        ? undefined
        : {
            status: 200,
            headers: { 'content-type': mediaType, 'docker-content-digest': digest, 'content-length': String(size) },
          }
    })
    await using client = createRegistry(quick)
    await client.putManifest({ registry: server.host, repository: 'a' }, attached)
    expect(puts).toBe(1)
    expect(server.seen.map(({ method }) => method)).toEqual(['PUT', 'HEAD', 'GET'])
  })
})

test('a list over TLS does not lead to plain HTTP on loopback', async () => {
  await using folder = await tempFolder('tls')
  const { certificate, key } = await makeCertificate(folder.path)
  await using victim = await startScriptedServer(() => ({ status: 200, body: '{"tags":["victim"]}' }))
  const link = `<http://${victim.host}/v2/a/tags/list?last=b>; rel="next"`
  await using server = await startScriptedServer(
    ({ query }) =>
      query.has('last')
        ? { status: 200, body: '{"tags":["c"]}' }
        : { status: 200, headers: { link }, body: '{"tags":["b"]}' },
    { cert: certificate, key },
  )
  await using client = createRegistry({ hosts: { [server.host]: { ca: certificate } } })
  expect(await client.listTags({ registry: server.host, repository: 'a' })).toEqual(['b', 'c'])
  expect(victim.seen).toHaveLength(0)
})
