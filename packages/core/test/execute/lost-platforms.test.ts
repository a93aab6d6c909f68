import { expect, test } from 'vitest'
import { findRemovedPlatforms } from '../../src/execute/removed-platforms.js'
import { digestOf } from '../../src/model/digest.js'
import { encodeManifest, MEDIA_TYPES } from '../../src/model/oci.js'
import { type Platform, parsePlatform, platformIdentity } from '../../src/model/platform.js'
import type { Registry } from '../../src/registry/port.js'

const REFERENCE = { registry: 'r.example.com', repository: 'app', tag: '1.0' }

function platform(text: string): Platform {
  const [name = '', version] = text.split(';')
  const parsed = parsePlatform(name) ?? { os: '', architecture: '' }
  return { ...parsed, ...(version !== undefined && { 'os.version': version }) }
}

function indexOf(...platforms: readonly string[]) {
  const manifests = platforms.map((text) => {
    return { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf(text), size: 1, platform: platform(text) }
  })
  return encodeManifest({ schemaVersion: 2, manifests }, MEDIA_TYPES.ociIndex)
}

test.each([
  ['linux/amd64 linux/arm/v7', 'linux/amd64', ['linux/arm/v7']],
  ['linux/arm/v7', 'linux/arm/v6', ['linux/arm/v7']],
  // Clients compare the build: https://learn.microsoft.com/virtualization/windowscontainers/deploy-containers/version-compatibility
  ['windows/amd64;10.0.20348.2700', 'windows/amd64;10.0.20348.2762', []],
  ['windows/amd64;10.0.20348.2700', 'windows/amd64', []],
  ['windows/amd64;10.0.17763.6414 windows/amd64;10.0.20348.2700', 'windows/amd64;10.0.20348.2762', ['10.0.17763.6414']],
])('replacing %s with %s removes %j', async (had, has, lost) => {
  const [current, next] = [indexOf(...had.split(' ')), indexOf(...has.split(' '))]
  const found = await findRemovedPlatforms({ reference: REFERENCE, current, next }, {} as Registry, {})
  expect(found.map(platformIdentity)).toEqual(lost.map((one) => expect.stringContaining(one)))
})
