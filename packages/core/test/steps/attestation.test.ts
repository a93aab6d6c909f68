import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { pushBlob, pushManifest, pushTinyImage } from '../../../../test/support/push-tiny.js'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { type Digest, digestOf, hexOf } from '../../src/model/digest.js'
import { encodeManifest, type ImageManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { createRegistry } from '../../src/registry/client.js'
import {
  findAttestation,
  keepAttestation,
  makeStatement,
  type Statement,
} from '../../src/steps/image/attestation/attestation.js'
import { readBuildKitStatements } from '../../src/steps/image/attestation/buildkit-statements.js'
import { imageProvenance, indexProvenance, PROVENANCE_PREDICATE } from '../../src/steps/image/attestation/provenance.js'
import { indexStatement } from '../../src/steps/index/index-attestation.js'
import type { Attestation } from '../../src/steps/step.js'
import { type TestRegistry, testRegistry } from '../registry-server/test-registry.js'

const KEY = 'a'.repeat(64)
const KEPT = digestOf('the manifest that is kept')

function blobOf(text: string, mediaType: string) {
  const bytes = Buffer.from(text)
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength } }
}

async function pushImage({ server }: TestRegistry) {
  const image = await tinyImage({ platform: { os: 'linux', architecture: 'amd64' } })
  await pushTinyImage({ url: server.url, repository: 'app' }, image)
  return image.manifest.descriptor
}

it("takes BuildKit's statements over to the manifest that is kept", async () => {
  await using server = await testRegistry()
  await using registry = createRegistry()
  const target = { url: server.server.url, repository: 'app' }
  const image = await pushImage(server)
  const { digest: pushed } = image
  const statement = blobOf(`{"subject":[{"digest":{"sha256":"${hexOf(pushed)}"}}]}`, 'application/vnd.in-toto+json')
  const config = blobOf('{"architecture":"unknown","rootfs":{"type":"layers","diff_ids":[]}}', MEDIA_TYPES.ociConfig)
  for (const blob of [statement, config]) await pushBlob(target, blob)
  const layers = [{ ...statement.descriptor, annotations: { 'in-toto.io/predicate-type': 'x' } }]
  const attestation = encodeManifest({ schemaVersion: 2, config: config.descriptor, layers }, MEDIA_TYPES.ociManifest)
  await pushManifest(target, attestation)
  const annotations = { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': pushed }
  const manifests = [image, { ...attestation.descriptor, annotations }]
  const index = encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)
  await pushManifest(target, index)
  const repository = { registry: server.server.host, repository: 'app' }
  const reference = { ...repository, digest: index.descriptor.digest }

  const [read] = await readBuildKitStatements(reference, { pushed, kept: KEPT }, registry, {})
  expect(read?.annotations).toEqual({ 'in-toto.io/predicate-type': 'x' })
  expect(Buffer.from(read?.bytes ?? []).toString()).toBe(`{"subject":[{"digest":{"sha256":"${hexOf(KEPT)}"}}]}`)
  const alone = { ...repository, digest: pushed }
  await expect(readBuildKitStatements(alone, { pushed, kept: KEPT }, registry, {})).rejects.toMatchObject({
    code: 'BUILD_FAILED',
  })
})

describe('statements on an image', () => {
  it.each([
    ['index', { isListed: true }],
    ['referrer', { isListed: false }],
  ] as const)('are kept for it alone, with its %s', async (attach, expected) => {
    await using server = await testRegistry()
    await using registry = createRegistry()
    const descriptor = await pushImage(server)
    const repository = { registry: server.server.host, repository: 'app' }
    const statements = ['a', 'b'].map((type) => makeStatement(descriptor.digest, type, { of: type }))
    const kept = await keepAttestation(
      { repository, key: KEY, descriptor },
      { statements, attach: attach === 'index' ? undefined : attach },
      registry,
      {},
    )
    expect(kept).toMatchObject({
      ...expected,
      descriptor: {
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': descriptor.digest,
        },
      },
    })
    const manifest = await registry.getManifest({ ...repository, digest: kept.descriptor.digest })
    const { layers = [] } = (manifest?.content as ImageManifest | undefined) ?? {}
    expect(layers.map(({ annotations }) => annotations)).toEqual([
      { 'in-toto.io/predicate-type': 'a' },
      { 'in-toto.io/predicate-type': 'b' },
    ])
    const referrers = await registry.listReferrers(repository, descriptor.digest)
    expect(referrers.map(({ artifactType }) => artifactType)).toEqual(
      attach === 'index' ? [] : ['application/vnd.in-toto+json'],
    )
    const found = (key: string, digest = descriptor.digest) =>
      findAttestation(repository, { key, kept: digest }, registry, {})
    expect(await found(KEY)).toEqual(kept)
    expect(await found(KEY, KEPT)).toBeUndefined()
    expect(await found('b'.repeat(64))).toBeUndefined()
  })

  it.each([undefined, 'referrer'] as const)('name the run in the statement of the index, with %s', async (attach) => {
    await using server = await testRegistry()
    await using registry = createRegistry()
    const image = await pushImage(server)
    const repository = { registry: server.server.host, repository: 'app' }
    const kept = async (...statements: readonly Statement[]) =>
      keepAttestation({ repository, key: KEY, descriptor: image }, { statements, attach }, registry, {})
    const provenanceOf = (subject: Digest, buildType: string, invocationId: unknown) =>
      makeStatement(subject, PROVENANCE_PREDICATE, {
        buildDefinition: { buildType },
        runDetails: { metadata: { invocationId } },
      })
    const [own, foreign] = ['https://polyarch.io/build/image/v1', 'https://mobyproject.org/buildkit']
    const statements = [
      provenanceOf(image.digest, foreign, 'of BuildKit'),
      provenanceOf(KEPT, own, 'of another image'),
      provenanceOf(image.digest, own, 1),
      makeStatement(image.digest, 'https://spdx.dev/Document', {}),
    ]
    const withoutRun = await kept(...statements)
    const runs = async (attestation: Attestation): Promise<unknown> => {
      const entries = [{ ...image, platform: { os: 'linux', architecture: 'amd64' } }]
      const children = attestation.isListed ? [...entries, attestation.descriptor] : entries
      const output = { reference: { ...repository, digest: KEPT }, descriptor: image, children }
      const { bytes } = await indexStatement({ pipeline: 'app' }, output, registry, {})
      const { predicate } = JSON.parse(Buffer.from(bytes).toString())
      return predicate.buildDefinition.resolvedDependencies.map(
        ({ annotations }: { annotations?: object }) => annotations,
      )
    }
    expect(await runs(withoutRun)).toEqual([undefined])
    const first = await kept(...statements, provenanceOf(image.digest, own, 'first'))
    expect(await runs(first)).toEqual([{ invocationId: 'first' }])
    await setTimeout(5)
    const second = await kept(provenanceOf(image.digest, own, 'second'))
    // Both describe the image: an index keeps the one that it lists, and of referrers the first one counts.
    expect(await runs(first)).toEqual([{ invocationId: 'first' }])
    expect(await runs(second)).toEqual([{ invocationId: attach === 'referrer' ? 'first' : 'second' }])
  })
})

describe('provenance', () => {
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' }
  const [base, other, made] = [digestOf('base'), digestOf('other'), digestOf('made')]
  const image = {
    ...{ pipeline: 'app', platform, key: KEY, secrets: ['token'], builder: { buildkit: '0.20.1' } },
    base: { name: 'docker.io/library/debian:sid', digest: base },
    sources: {
      images: { 'ghcr.io/team/go:1': { index: other, image: other } },
      unverifiable: ['https://example.com/x'],
    },
    pipelineImages: [{ name: 'ghcr.io/team/tool:1', digest: made }],
    git: { source: 'https://github.com/team/app', revision: 'c0ffee' },
    ...{ invocationId: 'https://ci.example.com/jobs/1', startedAt: 0, finishedAt: 1000 },
  }

  it('states what an image was made from, and where and when', () => {
    expect(imageProvenance(image)).toMatchObject({
      buildDefinition: {
        externalParameters: { pipeline: 'app', platform: 'linux/arm/v7', secrets: ['token'] },
        internalParameters: { key: KEY },
        resolvedDependencies: [
          {
            name: 'base',
            uri: `pkg:docker/debian@sid?digest=${base}&platform=linux%2Farm%2Fv7`,
            digest: { sha256: hexOf(base) },
          },
          { uri: `pkg:docker/ghcr.io/team/go@1?digest=${other}&platform=linux%2Farm%2Fv7` },
          { uri: expect.stringContaining('/tool@1'), digest: { sha256: hexOf(made) } },
          { uri: 'git+https://github.com/team/app@c0ffee', digest: { gitCommit: 'c0ffee' } },
          { uri: 'https://example.com/x' },
        ],
      },
      runDetails: {
        builder: { version: { buildkit: '0.20.1' } },
        metadata: {
          invocationId: 'https://ci.example.com/jobs/1',
          startedOn: '1970-01-01T00:00:00.000Z',
          finishedOn: '1970-01-01T00:00:01.000Z',
        },
      },
    })
  })

  it('has args, labels and digests of files only if they are given, and no commit with changes on top', () => {
    expect(JSON.stringify(imageProvenance(image))).not.toMatch(/"args"|"context"|"dockerfile"/)
    const inputs = { args: { A: '1' }, labels: {}, dockerfile: base, context: other }
    const git = { source: 'https://github.com/team/app', revision: 'c0ffee-dirty' }
    const full = JSON.stringify(imageProvenance({ ...image, inputs, git }))
    expect(full).toContain('"args":{"A":"1"}')
    expect(full).toContain(`{"name":"context","digest":{"sha256":"${hexOf(other)}"}}`)
    expect(full).toContain('{"uri":"git+https://github.com/team/app@c0ffee-dirty"}')
  })

  it('of an index names its images and their runs, and nothing else', () => {
    const name = 'ghcr.io/team/app'
    const images = [
      { name, digest: made, platform, invocationId: 'https://ci.example.com/jobs/1' },
      { name, digest: other, platform: { os: 'linux', architecture: 'amd64' } },
    ]
    const provenance = indexProvenance('app', images)
    expect(provenance).toMatchObject({
      buildDefinition: {
        externalParameters: { pipeline: 'app', platforms: ['linux/arm/v7', 'linux/amd64'] },
        resolvedDependencies: [
          { digest: { sha256: hexOf(made) }, annotations: { invocationId: 'https://ci.example.com/jobs/1' } },
          { digest: { sha256: hexOf(other) } },
        ],
      },
    })
    expect(JSON.stringify(provenance).match(/invocationId/g)).toHaveLength(1)
    expect(JSON.stringify(indexProvenance('app', images))).not.toContain('On"')
  })
})
