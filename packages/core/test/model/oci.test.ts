import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import {
  canonicalJson,
  type Descriptor,
  encodeManifest,
  isAttestation,
  isForeign,
  isIndex,
  isIndexType,
  isManifestType,
  MANIFEST_MEDIA_TYPES,
  MEDIA_TYPES,
  onePerDigest,
} from '../../src/model/oci.js'

const { ociIndex, ociManifest, ociConfig, ociLayerGzip, dockerManifestList, dockerManifest } = MEDIA_TYPES
const descriptor = (content: string, more: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: ociManifest,
  digest: digestOf(content),
  size: content.length,
  ...more,
})

describe('media types', () => {
  it('are different words of OCI or Docker', () => {
    const types = Object.entries(MEDIA_TYPES)
    for (const [name, type] of types) {
      expect(type).toMatch(name.startsWith('oci') ? /^application\/vnd\.oci\.\w/ : /^application\/vnd\.docker\.\w/)
    }
    expect(new Set(types.map(([, type]) => type)).size).toBe(types.length)
  })

  it('distinguish indexes and manifests, in both dialects', () => {
    expect(MANIFEST_MEDIA_TYPES).toEqual([
      'application/vnd.oci.image.index.v1+json',
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.docker.distribution.manifest.v2+json',
    ])
    const all = Object.values(MEDIA_TYPES)
    expect(all.filter(isIndexType)).toEqual([ociIndex, dockerManifestList])
    expect(all.filter(isManifestType)).toEqual([ociManifest, dockerManifest])
  })

  it('distinguish an index from an image by what it lists', () => {
    const config = descriptor('{}', { mediaType: ociConfig })
    expect(isIndex({ schemaVersion: 2, manifests: [] })).toBe(true)
    expect(isIndex({ schemaVersion: 2, config, layers: [] })).toBe(false)
  })
})

describe('descriptors', () => {
  it('are listed once per digest', () => {
    const [one, two] = [descriptor('one'), descriptor('two')]
    expect(onePerDigest([one, two, { ...one }])).toEqual([one, two])
  })

  it('are attestations by the annotation that BuildKit writes', () => {
    const typed = (type: string) => descriptor('x', { annotations: { 'vnd.docker.reference.type': type } })
    expect(isAttestation(typed('attestation-manifest'))).toBe(true)
    expect(isAttestation(typed('other'))).toBe(false)
    expect(isAttestation(descriptor('x', { annotations: {} }))).toBe(false)
    expect(isAttestation(descriptor('x'))).toBe(false)
  })

  it.each([
    [MEDIA_TYPES.dockerForeignLayerGzip, ['https://layers.example/1'], true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', ['https://layers.example/1'], true],
    [MEDIA_TYPES.dockerForeignLayerGzip, [], false],
    [MEDIA_TYPES.dockerForeignLayerGzip, undefined, false],
    [ociLayerGzip, ['https://layers.example/1'], false],
  ])('%s with URLs %j are kept elsewhere: %s', (mediaType, urls, expected) => {
    expect(isForeign(descriptor('x', { mediaType, ...(urls !== undefined && { urls }) }))).toBe(expected)
  })
})

describe('canonical JSON', () => {
  it('has sorted keys and no white space', () => {
    expect(Buffer.from(canonicalJson({ b: [1, { d: 'ä', c: null }], a: true })).toString()).toBe(
      '{"a":true,"b":[1,{"c":null,"d":"ä"}]}',
    )
  })

  it('is rejected for what has no JSON form', () => {
    expect(() => canonicalJson(undefined)).toThrowError(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining('JSON') }),
    )
  })

  it('is the form of a manifest, whose descriptor states its type, size and digest', () => {
    const { bytes, content, descriptor: of } = encodeManifest({ manifests: [], schemaVersion: 2 }, ociIndex)
    const text = '{"manifests":[],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}'
    expect(Buffer.from(bytes).toString()).toBe(text)
    expect(of).toEqual({ mediaType: ociIndex, digest: digestOf(text), size: text.length })
    expect(content).toEqual({ schemaVersion: 2, mediaType: ociIndex, manifests: [] })
  })
})
