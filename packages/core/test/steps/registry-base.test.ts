import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { tinyImage } from '../../../../test/support/tiny-image.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, type ImageManifest } from '../../src/model/oci.js'
import type { Registry } from '../../src/registry/port.js'
import { checkImage } from '../../src/steps/base/registry-base.js'
import { createUpstreamManifests } from '../../src/steps/upstream-manifests.js'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' }

test('a corrected config is not the one that the manifest embeds', async () => {
  const { config, manifest } = await tinyImage({ platform: ARMV7, configPlatform: AMD64 })
  const content = manifest.content as ImageManifest
  const data = Buffer.from(config.bytes).toString('base64')
  const embedding = encodeManifest({ ...content, config: { ...content.config, data } }, manifest.descriptor.mediaType)
  const registry = { readBlob: async () => Readable.from([config.bytes]) } as unknown as Registry
  const reference = { registry: '127.0.0.1:5000', repository: 'base', digest: embedding.descriptor.digest }
  const checked = await checkImage(
    { reference, descriptor: embedding.descriptor, manifest: embedding },
    { source: { reference, configPolicy: 'fix-config' }, platform: ARMV7 },
    { registry, upstream: createUpstreamManifests(registry) },
    {},
  )
  const corrected = checked.corrected ?? new Uint8Array()
  const { mediaType } = content.config
  expect((checked.manifest.content as ImageManifest).config).toEqual({
    mediaType,
    digest: digestOf(corrected),
    size: corrected.byteLength,
  })
})
