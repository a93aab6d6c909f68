import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { RegistryError } from '../../src/model/errors.js'
import { LIMITS } from '../../src/model/limits.js'
import { MEDIA_TYPES } from '../../src/model/oci.js'
import { parseManifest } from '../../src/registry/manifests/schema.js'

const digest = digestOf('x')
const entry = { mediaType: MEDIA_TYPES.ociManifest, digest, size: 1 }
const image = { schemaVersion: 2, config: { ...entry, mediaType: MEDIA_TYPES.ociConfig }, layers: [] }
const index = { schemaVersion: 2, manifests: [] as unknown[] }

const parse = (json: unknown, type?: string) => parseManifest(Buffer.from(JSON.stringify(json)), type, 'it')

describe('parseManifest', () => {
  test('takes the type from the server, from the content, or from its form', () => {
    expect(parse(image, `${MEDIA_TYPES.dockerManifest}; charset=utf-8`).descriptor.mediaType).toBe(
      MEDIA_TYPES.dockerManifest,
    )
    expect(
      parse({ ...index, mediaType: MEDIA_TYPES.dockerManifestList }, 'application/json').descriptor.mediaType,
    ).toBe(MEDIA_TYPES.dockerManifestList)
    expect(parse(index).descriptor.mediaType).toBe(MEDIA_TYPES.ociIndex)
    expect(parse(image, 'application/octet-stream').descriptor.mediaType).toBe(MEDIA_TYPES.ociManifest)
  })

  test('keeps what it does not know, and brings platforms into normal form', () => {
    const platform = { os: 'linux', architecture: 'arm' }
    const attestation = { 'vnd.docker.reference.type': 'attestation-manifest' }
    const manifests = [
      { ...entry, platform },
      { ...entry, annotations: attestation, platform: { os: 'unknown', architecture: 'unknown' } },
    ]
    const { content, descriptor, bytes } = parse({ ...index, manifests, 'com.example.more': 1 }, MEDIA_TYPES.ociIndex)
    expect(content).toMatchObject({
      'com.example.more': 1,
      manifests: [{ platform: { ...platform, variant: 'v7' } }, { annotations: attestation }],
    })
    expect(descriptor).toMatchObject({ digest: digestOf(bytes), size: bytes.byteLength })
  })

  test('takes an artifact with a layer per file', () => {
    const layers = Array.from({ length: LIMITS.layers + 1 }, () => entry)
    expect(parse({ ...image, config: entry, layers }).content).toMatchObject({ layers })
  })

  test.each<[string, unknown, string?]>([
    ['schema 1 by type', {}, MEDIA_TYPES.dockerManifestV1Signed],
    ['schema 1 by content', { schemaVersion: 1, fsLayers: [] }],
    ['another type', { ...image, mediaType: 'application/vnd.example+json' }],
    ['another type than the server said', { ...image, mediaType: MEDIA_TYPES.ociManifest }, MEDIA_TYPES.dockerManifest],
    ['an image and an index in one', { ...image, ...index }],
    ['no version', { manifests: [] }],
    ['layers that are no list', { ...image, layers: {} }],
    ['a digest of another kind', { ...index, manifests: [{ ...entry, digest: `sha384:${'0'.repeat(96)}` }] }],
    ['a digest that is a path', { ...index, manifests: [{ ...entry, digest: '../../secret' }] }],
    ['a size below zero', { ...index, manifests: [{ ...entry, size: -1 }] }],
    ['a size that is a text', { ...index, manifests: [{ ...entry, size: '1' }] }],
    ['an annotation that is a number', { ...index, annotations: { a: 1 } }],
    ['half a platform', { ...index, manifests: [{ ...entry, platform: { os: 'linux' } }] }],
    ['more layers than images have', { ...image, layers: Array.from({ length: LIMITS.layers + 1 }, () => entry) }],
    ['a list', []],
  ])('rejects %s', (_, json, type) => {
    expect(() => parse(json, type)).toThrow(expect.objectContaining({ code: 'MANIFEST_UNSUPPORTED' }))
  })

  test('takes any bytes without another error', () => {
    const check = (bytes: Uint8Array, type: string) => {
      try {
        parseManifest(bytes, type, 'it')
      } catch (error) {
        expect(error).toBeInstanceOf(RegistryError)
      }
    }
    const type = fc.constantFrom(...Object.values(MEDIA_TYPES), '')
    fc.assert(fc.property(fc.uint8Array(), type, check))
    const near = fc.record(
      {
        schemaVersion: fc.constantFrom(1, 2),
        manifests: fc.jsonValue(),
        config: fc.jsonValue(),
        layers: fc.jsonValue(),
      },
      { requiredKeys: ['schemaVersion'] },
    )
    fc.assert(fc.property(near, type, (json, reported) => check(Buffer.from(JSON.stringify(json)), reported)))
  })
})
