import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage, tinyIndex } from '../../../../test/support/tiny-image.js'
import { isIndex } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import { putArtifact } from '../../src/registry/manifests/artifact.js'
import { cosignReference } from '../../src/registry/manifests/cosign-tags.js'
import { parseSigningKey } from '../../src/trust/keys/signing-key.js'
import { missingSignatures, signManifest } from '../../src/trust/sign.js'
import { BUNDLE_TYPE } from '../../src/trust/signatures/bundle.js'
import { statementOn } from '../../src/trust/signatures/statement.js'
import { keySigner } from '../../src/trust/signer.js'
import { testRegistry } from '../registry-server/test-registry.js'

function newKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return parseSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), undefined).then(keySigner)
}

interface Said {
  readonly bytes: Uint8Array
}

const BOTH = { bundle: true, tag: true, statements: [], taggedStatements: [] }
const NONE = { bundle: false, tag: false, statements: [], taggedStatements: [] }

async function open() {
  const cleanup = new Cleanup()
  const { server, requests } = cleanup.use(await testRegistry())
  const registry = cleanup.use(createRegistry())
  const target = { url: server.url, repository: 'app' }
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  const index = tinyIndex([image])
  await pushTinyImage(target, image)
  await pushManifest(target, index, '1')
  const repository = { registry: server.host, repository: 'app' }
  const signed = { ...repository, descriptor: index.descriptor }
  const other = { ...repository, descriptor: image.manifest.descriptor }
  const writes = () => requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length
  return { cleanup, registry, repository, signed, other, writes }
}

describe('signManifest', () => {
  test('signs once, in the forms of cosign 3 and 2', async () => {
    const { cleanup, registry, signed, other, writes } = await open()
    await using _ = cleanup
    const key = await newKey()
    expect(await missingSignatures(signed, key, registry, {})).toEqual(BOTH)
    expect(await signManifest(signed, key, registry, {})).toBe(true)
    expect(await missingSignatures(signed, key, registry, {})).toEqual(NONE)
    expect(await missingSignatures(other, key, registry, {})).toEqual(BOTH)
    expect(await missingSignatures(signed, await newKey(), registry, {})).toEqual(BOTH)
    const before = writes()
    expect(await signManifest(signed, key, registry, {})).toBe(false)
    expect(writes()).toBe(before)
  })

  test('keeps the signatures of other keys', async () => {
    const { cleanup, registry, signed, repository } = await open()
    await using _ = cleanup
    const keys = [await newKey(), await newKey()] as const
    for (const key of keys) await signManifest(signed, key, registry, {})
    for (const key of keys) expect(await missingSignatures(signed, key, registry, {})).toEqual(NONE)
    const tag = await registry.getManifest(cosignReference(repository, signed.descriptor.digest, '.sig'))
    expect(tag && !isIndex(tag.content) && tag.content.layers).toHaveLength(2)
  })

  test('writes only the form that is missing', async () => {
    const { cleanup, registry, signed, repository } = await open()
    await using _ = cleanup
    const key = await newKey()
    await signManifest(signed, key, registry, {})
    await registry.deleteManifest(cosignReference(repository, signed.descriptor.digest, '.sig'))
    expect(await missingSignatures(signed, key, registry, {})).toEqual({ ...NONE, tag: true })
    await signManifest(signed, key, registry, {})
    expect(await registry.listReferrers(repository, signed.descriptor.digest)).toHaveLength(1)
    expect(await missingSignatures(signed, key, registry, {})).toEqual(NONE)
  })

  test('signs statements too, once each', async () => {
    const { cleanup, registry, repository, signed, writes } = await open()
    await using _ = cleanup
    const key = await newKey()
    const { digest } = signed.descriptor
    const [one, other] = ['a', 'b'].map((type) => ({ bytes: statementOn(digest, type, { type }) })) as [Said, Said]
    await signManifest({ ...signed, statements: [one] }, key, registry, {})
    const both = { ...signed, statements: [one, other] }
    expect(await missingSignatures(both, key, registry, {})).toEqual({
      ...NONE,
      statements: [other],
      taggedStatements: [other],
    })
    // Another statement of the same type is another statement.
    const changed = { bytes: statementOn(digest, 'a', { type: 'changed' }) }
    const next = await missingSignatures({ ...signed, statements: [changed] }, key, registry, {})
    expect(next.statements).toEqual([changed])
    expect(await signManifest(both, key, registry, {})).toBe(true)
    const before = writes()
    expect(await signManifest(both, key, registry, {})).toBe(false)
    expect(writes()).toBe(before)
    // In the way of cosign 2 as well, and beside those of other keys.
    const stranger = await newKey()
    await signManifest(both, stranger, registry, {})
    const reference = cosignReference(repository, digest, '.att')
    const tag = await registry.getManifest(reference)
    expect(
      tag && !isIndex(tag.content) && tag.content.layers.map(({ annotations }) => annotations?.['predicateType']),
    ).toEqual(['a', 'b', 'a', 'b'])
    await registry.deleteManifest(reference)
    expect(await missingSignatures(both, key, registry, {})).toEqual({ ...NONE, taggedStatements: [one, other] })
  })

  test('ignores signatures of other images and malformed ones', async () => {
    const { cleanup, registry, signed, other, repository } = await open()
    await using _ = cleanup
    const key = await newKey()
    await signManifest(other, key, registry, {})
    const [bundle] = await registry.listReferrers(repository, other.descriptor.digest)
    const stored = bundle && (await registry.getManifest({ ...repository, digest: bundle.digest }))
    const layer = stored && !isIndex(stored.content) ? stored.content.layers[0] : undefined
    if (layer === undefined) throw new Error('it has a layer')
    const bytes = Buffer.concat(await (await registry.readBlob(repository, layer)).toArray())
    const copies = [bytes, Buffer.from('no JSON'), Buffer.from('{"dsseEnvelope":{"payload":1,"signatures":{}}}')]
    for (const copy of copies) {
      const layers = [{ mediaType: BUNDLE_TYPE, bytes: copy }]
      await putArtifact(repository, { artifactType: BUNDLE_TYPE, subject: signed.descriptor, layers }, registry, {})
    }
    const sig = await registry.getManifest(cosignReference(repository, other.descriptor.digest, '.sig'))
    if (sig === undefined) throw new Error('it is signed')
    await registry.putManifest(cosignReference(repository, signed.descriptor.digest, '.sig'), sig)
    expect(await missingSignatures(signed, key, registry, {})).toEqual(BOTH)
  })
})
