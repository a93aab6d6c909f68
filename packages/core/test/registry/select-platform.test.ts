import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { type ImageIndex, MEDIA_TYPES } from '../../src/model/oci.js'
import { parsePlatform } from '../../src/model/platform.js'
import { selectPlatform } from '../../src/registry/select-platform.js'

function platform(text: string) {
  const parsed = parsePlatform(text)
  if (parsed === undefined) throw new Error(`${text} is no platform`)
  return parsed
}

function indexOf(...platforms: readonly string[]): ImageIndex {
  const manifests = platforms.map((text) => ({
    mediaType: MEDIA_TYPES.ociManifest,
    digest: digestOf(text),
    size: 1,
    platform: platform(text),
  }))
  return { schemaVersion: 2, manifests }
}

describe('selectPlatform', () => {
  test.each([
    [['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7', 'linux/arm/v7'],
    [['linux/arm/v5', 'linux/arm/v6'], 'linux/arm/v7', 'linux/arm/v6'],
    [['linux/arm/v7'], 'linux/arm/v6', undefined],
    [['linux/arm/v7'], 'linux/arm64', undefined],
    [['linux/386'], 'linux/amd64', undefined],
    [['linux/amd64'], 'linux/amd64', 'linux/amd64'],
    [['linux/amd64', 'linux/amd64/v2'], 'linux/amd64/v3', 'linux/amd64/v2'],
    [['linux/386', 'linux/amd64'], 'linux/amd64/v2', 'linux/amd64'],
    [['linux/amd64/v2'], 'linux/amd64', undefined],
    [[], 'linux/amd64', undefined],
  ])('from %j, selects for %s: %s', (listed, wanted, expected) => {
    const chosen = selectPlatform(indexOf(...listed), platform(wanted))
    expect(chosen?.digest).toBe(expected && digestOf(expected))
  })

  test('ignores an attestation that declares the platform', () => {
    const index = indexOf('linux/amd64')
    const manifests = index.manifests.map((entry) => ({
      ...entry,
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }))
    expect(selectPlatform({ ...index, manifests }, platform('linux/amd64'))).toBeUndefined()
  })
})
