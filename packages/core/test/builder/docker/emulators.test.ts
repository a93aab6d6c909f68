import { expect, test } from 'vitest'
import { missingBinfmtEntry, platformOfEmulator } from '../../../src/builder/docker/emulators.js'
import { KNOWN_ARCHITECTURES } from '../../../src/model/platform.js'

test.each([
  ['arm', 'qemu-arm'],
  ['arm64', 'qemu-aarch64'],
  ['amd64', 'qemu-x86_64'],
  ['ppc64le', 'qemu-ppc64le'],
])('maps architecture %s to the binfmt_misc entry %s and back', (architecture, entry) => {
  expect(missingBinfmtEntry({ os: 'linux', architecture })).toBe(entry)
  expect(platformOfEmulator(entry)).toMatchObject({ os: 'linux', architecture })
})

test('has a binfmt_misc entry for every known architecture except wasm', () => {
  const without = KNOWN_ARCHITECTURES.filter((architecture) => !missingBinfmtEntry({ os: 'linux', architecture }))
  expect(without).toEqual(['wasm'])
})

test('returns undefined for Windows and for an entry that is not QEMU’s', () => {
  expect(missingBinfmtEntry({ os: 'windows', architecture: 'amd64' })).toBeUndefined()
  expect(platformOfEmulator('python3.11')).toBeUndefined()
})
